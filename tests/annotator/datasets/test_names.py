import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.datasets.names import DistinctNames, safe


def distinct(*names):
    given_names = DistinctNames()
    return [given_names.add(name) for name in names]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("photo.jpg", "photo.jpg"),
        ("Büro 3.JPG", "Büro 3.JPG"),
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\a.jpg", "a.jpg"),
        ("a:b?.jpg", "a_b_.jpg"),
        ("..", "image"),
        ("", "image"),
        ("nul.jpg", "_nul.jpg"),
        ("ends. ", "ends"),
    ],
)
def test_a_name_is_safe_to_unpack_anywhere(name, expected):
    assert safe(name) == expected


def test_a_long_name_keeps_its_ending():
    assert safe("x" * 300 + ".jpg") == "x" * 120 + ".jpg"


def test_equal_names_are_told_apart_also_where_case_is_folded():
    assert distinct("a.jpg", "A.jpg", "a.jpg", "b.jpg") == ["a.jpg", "A_2.jpg", "a_3.jpg", "b.jpg"]


def test_a_made_name_does_not_take_one_that_is_there():
    assert distinct("a_2.jpg", "a.jpg", "a.jpg") == ["a_2.jpg", "a.jpg", "a_3.jpg"]
    assert distinct("a.jpg", "a.jpg", "a_2.jpg") == ["a.jpg", "a_2.jpg", "a_2_2.jpg"]


@given(st.lists(st.text(alphabet="aA_2./\\", max_size=6), max_size=20))
def test_no_two_names_are_alike(names):
    found = distinct(*names)
    assert len({name.casefold() for name in found}) == len(names)
    assert not any("/" in name or "\\" in name or name in {"", ".", ".."} for name in found)
