import time
from collections.abc import Iterator

import pytest

from annotator.lib.confined import Confined, Refused


@pytest.fixture
def call() -> Iterator[Confined]:
    function = "tests.annotator.lib.confined_examples:run"
    with Confined(function, memory_bytes=1024**3, seconds=5) as call:
        yield call


def _code(call: Confined, act: str) -> str:
    with pytest.raises(Refused) as refused:
        call(act=act)
    return refused.value.code


def test_calls_are_answered_by_one_child(call: Confined) -> None:
    assert call(act="answer") == call(act="answer")


def test_a_refusal_crosses_with_its_code_and_reason(call: Confined) -> None:
    with pytest.raises(Refused, match="It has too many pixels"):
        call(act="refuse")
    assert _code(call, "refuse") == "too_many_pixels"


def test_what_a_library_prints_is_no_answer(call: Confined) -> None:
    assert call(act="print") == "quiet"


def test_too_much_memory_is_refused_and_the_next_call_answered(call: Confined) -> None:
    assert _code(call, "memory") == "memory_limit"
    assert call(act="answer")


def test_a_crash_costs_only_the_child(call: Confined) -> None:
    first = call(act="answer")
    assert _code(call, "die") == "crashed"
    assert call(act="answer") != first


def test_too_much_time_is_refused(call: Confined) -> None:
    call(act="answer")
    call.seconds = 0.3
    start = time.monotonic()
    assert _code(call, "sleep") == "time_limit"
    assert time.monotonic() - start < 5


def test_a_file_may_be_as_large_as_its_caller_allows(call: Confined) -> None:
    assert call(act="write") == 2 * 1024**2
    with Confined(call.function, memory_bytes=1024**3, seconds=5, file_bytes=1024**2) as narrow:
        assert _code(narrow, "write") == "unreadable"
        assert narrow(act="answer")


def test_an_unexpected_error_tells_its_kind_only(call: Confined) -> None:
    assert _code(call, "nonsense") == "unreadable"


def test_the_child_knows_no_secrets(call: Confined, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "hidden")
    monkeypatch.setenv("DATABASE_URL", "postgres://name:password@host/db")
    names = call(act="environment")
    assert "SECRET_KEY" not in names
    assert "DATABASE_URL" not in names


def test_what_the_waiting_caller_raises_ends_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    class Cancelled(Exception):
        pass

    def cancelled() -> None:
        raise Cancelled

    monkeypatch.setattr("annotator.lib.confined.LOOK_SECONDS", 0.05)
    with Confined(
        "tests.annotator.lib.confined_examples:run", memory_bytes=1024**3, seconds=60, waiting=cancelled
    ) as call:
        began = time.monotonic()
        with pytest.raises(Cancelled):
            call(act="sleep")
        assert call._child is None
        assert time.monotonic() - began < 30
