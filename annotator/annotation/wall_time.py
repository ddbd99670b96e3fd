"""The wall time of a session by the server's clock: nobody can have worked in it for longer."""

from datetime import datetime

from annotator.annotation.models import AnnotationSession, SessionState

_ENDED_BY_THE_ANNOTATOR = (SessionState.FINISHED, SessionState.SKIPPED)


def wall_ms(session: AnnotationSession, *, now: datetime) -> int:
    """Milliseconds from the session's start to its end, or to now: one whose lease ran out may go on offline."""
    ended = session.ended_at if session.state in _ENDED_BY_THE_ANNOTATOR else None
    # Never started, as far as we heard: the page had it from its lease on.
    span = (ended or now) - (session.started_at or session.created_at)
    return max(0, round(span.total_seconds() * 1000))
