import pytest

from annotator.images.names import LONGEST, clean_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("photo.jpg", "photo.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\photo.jpg", "photo.jpg"),
        ("..", "photo"),
        ("", "photo"),
        ("folder/", "folder"),
        ("a\x00b\n.jpg", "ab.jpg"),
        ("e\u0301.jpg", "é.jpg"),
        ("写真.jpg", "写真.jpg"),
        ("\u202egpj.exe", "gpj.exe"),
    ],
)
def test_a_name_is_the_last_part_that_can_be_shown(name: str, expected: str) -> None:
    assert clean_name(name) == expected


def test_a_long_name_keeps_its_ending() -> None:
    assert clean_name("x" * 999 + ".jpeg") == "x" * (LONGEST - 5) + ".jpeg"
    assert clean_name("x" * 999) == "x" * LONGEST
