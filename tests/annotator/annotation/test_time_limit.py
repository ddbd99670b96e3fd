import pytest

from annotator.annotation.time_limit import is_over, outcome, settled


def after(active_ms, *answers, policy="advance", limit_seconds=30, max_extensions=3):
    return outcome(
        policy=policy,
        limit_seconds=limit_seconds,
        max_extensions=max_extensions,
        active_ms=active_ms,
        answers=answers,
    )


def test_a_mask_of_exactly_the_limit_is_within_it():
    assert after(30_000) == "within"
    assert after(30_001) == "ignored"


def test_a_project_without_the_rule_has_no_limit():
    assert after(999_000, "keep_next", policy="off") == "within"
    assert not is_over(999_000, policy="off", limit_seconds=30)


@pytest.mark.parametrize("policy", ["remind", "advance"])
@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([], "ignored"),
        (["ignored"], "ignored"),
        (["keep_next"], "kept"),
        (["drop_next"], "dropped"),
        (["extend"], "extended"),
        (["extend", "extend", "extend"], "extended"),
        (["extend", "keep_next"], "kept"),
        (["extend", "drop_next"], "dropped"),
        (["drop_next", "keep_next"], "kept"),
    ],
)
def test_what_each_answer_comes_to(policy, answers, expected):
    assert after(45_000, *answers, policy=policy) == expected


def test_more_extensions_than_allowed_are_no_answer():
    assert after(60_000, *["extend"] * 4) == "ignored"
    assert after(60_000, "extend", max_extensions=0) == "ignored"


def test_answers_do_not_put_a_quick_mask_over_its_limit():
    assert after(8_000, "keep_next") == "within"


def test_a_browser_cannot_call_a_slow_mask_within_the_limit():
    assert settled("within", policy="remind", limit_seconds=30, active_ms=45_000) == "ignored"
    assert settled("within", policy="off", limit_seconds=30, active_ms=45_000) == "within"
    assert settled("kept", policy="remind", limit_seconds=30, active_ms=45_000) == "kept"
    assert settled("extended", policy="remind", limit_seconds=30, active_ms=29_990) == "extended"
