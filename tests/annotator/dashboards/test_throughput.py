from datetime import date

from annotator.dashboards.throughput import MaskFact, SessionFact, grouped, row, with_versions

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)


def mask(name, seconds, *, annotator=1, image=1, day=MONDAY, replaces=None, kept=True):
    return MaskFact(name, annotator, image, day, round(seconds * 1000), replaces, kept)


def session(image, *, annotator=1, day=MONDAY, active_ms=0, finished=False, skipped=False):
    return SessionFact(annotator, image, day, active_ms, finished, skipped)


def figures(masks=(), sessions=(), limit_seconds=30):
    return row(with_versions(masks), sessions, limit_seconds=limit_seconds)


def test_median_and_mean_are_of_seconds_per_mask():
    found = figures([mask("a", 10), mask("b", 20), mask("c", 90)])
    assert (found.masks, found.median_seconds, found.mean_seconds) == (3, 20.0, 40.0)


def test_the_median_of_an_even_number_lies_between_the_middle_two():
    assert figures([mask("a", 10), mask("b", 20)]).median_seconds == 15.0


def test_nothing_done_divides_by_nothing():
    found = figures()
    assert found.masks == found.images == found.skips == 0
    assert found.median_seconds is found.mean_seconds is found.masks_per_image is found.over_limit_share is None


def test_a_reopened_mask_counts_once_with_the_time_of_all_its_versions():
    masks = [
        mask("first", 12, day=MONDAY, kept=False),
        mask("second", 5, day=MONDAY, replaces="first", kept=False),
        mask("third", 4, day=TUESDAY, replaces="second"),
    ]
    found = with_versions(masks)
    assert [(fact.id, fact.active_ms, fact.day) for fact in found] == [("third", 21_000, TUESDAY)]


def test_a_deleted_mask_does_not_count():
    assert figures([mask("a", 10), mask("b", 90, kept=False)]).mean_seconds == 10.0


def test_masks_that_replace_each_other_do_not_hang():
    found = with_versions([mask("a", 1, replaces="b"), mask("b", 2, replaces="a", kept=False)])
    assert [fact.active_ms for fact in found] == [3000]


def test_images_are_those_with_a_mask_or_finished_each_once():
    masks = [mask("a", 1, image=1), mask("b", 1, image=1), mask("c", 1, image=2)]
    sessions = [session(2, finished=True), session(3, finished=True), session(4), session(5, skipped=True)]
    found = figures(masks, sessions)
    assert (found.images, found.masks_per_image, found.skips) == (3, 1.0, 1)


def test_the_limit_itself_is_not_over_it():
    assert figures([mask("a", 30), mask("b", 30.001)], limit_seconds=30).over_limit_share == 0.5


def test_active_seconds_are_those_of_sessions_between_masks_too():
    assert figures([mask("a", 10)], [session(1, active_ms=25_500), session(2, active_ms=4_500)]).active_seconds == 30.0


def test_groups_come_in_the_order_of_their_keys_and_hold_sessions_without_masks():
    masks = [mask("a", 10, annotator=2, day=TUESDAY), mask("b", 20, annotator=1)]
    sessions = [session(9, annotator=3, skipped=True)]
    by_person = grouped(lambda fact: fact.annotator, masks, sessions, limit_seconds=15)
    assert list(by_person) == [1, 2, 3]
    assert by_person[1].over_limit_share == 1.0
    assert by_person[3].skips == 1
    assert list(grouped(lambda fact: fact.day, masks, [], limit_seconds=15)) == [MONDAY, TUESDAY]
