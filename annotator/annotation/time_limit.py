"""The 30-second rule: what became of a mask that took longer than the project's limit.

The paper encourages annotators to go on to the next image once a mask took over 30 seconds. Nothing is thrown away by
the rule itself: a person answers it with one key, or goes on without an answer, and either is logged.
"""

from collections.abc import Sequence
from enum import StrEnum

from annotator.accounts.models import TimeLimitPolicy
from annotator.annotation.models import TimeLimitOutcome


class Answer(StrEnum):
    KEEP_NEXT = "keep_next"
    DROP_NEXT = "drop_next"
    EXTEND = "extend"
    IGNORED = "ignored"


def is_over(active_ms: int, *, policy: str, limit_seconds: int) -> bool:
    """Whether the rule fires. A mask of exactly the limit is within it; a project with the rule off has no limit."""
    return policy != TimeLimitPolicy.OFF and active_ms > limit_seconds * 1000


def outcome(
    *, policy: str, limit_seconds: int, max_extensions: int, active_ms: int, answers: Sequence[str]
) -> TimeLimitOutcome:
    """What the rule came to, from the answers given in order.

    The last of "keep" and "drop" decides. "Five more seconds" counts as often as the project allows: asked for more
    often, the mask was over its limit without an answer.
    """
    if not is_over(active_ms, policy=policy, limit_seconds=limit_seconds):
        return TimeLimitOutcome.WITHIN
    for answer in reversed(answers):
        if answer == Answer.KEEP_NEXT:
            return TimeLimitOutcome.KEPT
        if answer == Answer.DROP_NEXT:
            return TimeLimitOutcome.DROPPED
    extensions = sum(answer == Answer.EXTEND for answer in answers)
    return TimeLimitOutcome.EXTENDED if 0 < extensions <= max_extensions else TimeLimitOutcome.IGNORED


def settled(claimed: str, *, policy: str, limit_seconds: int, active_ms: int) -> TimeLimitOutcome:
    """The outcome to store for a mask whose browser claims one.

    The browser knows which key was pressed, so its word stands, but not that a mask over the limit was within it.
    """
    over = is_over(active_ms, policy=policy, limit_seconds=limit_seconds)
    if over and claimed == TimeLimitOutcome.WITHIN:
        return TimeLimitOutcome.IGNORED
    return TimeLimitOutcome(claimed)
