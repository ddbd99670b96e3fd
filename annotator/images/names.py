"""A file's name as people see it. It is shown and exported, and never becomes a path here."""

import unicodedata

LONGEST = 200


def clean_name(name: str) -> str:
    """The last part of `name` without what cannot be shown: "../../a/b.jpg" → "b.jpg"."""
    last = name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    shown = "".join(
        character for character in unicodedata.normalize("NFC", last) if unicodedata.category(character)[0] != "C"
    ).strip()
    if shown in ("", ".", ".."):
        return "photo"
    if len(shown) <= LONGEST:
        return shown
    stem, dot, ending = shown.rpartition(".")
    return f"{stem[: LONGEST - len(ending) - 1]}.{ending}" if dot and len(ending) <= 10 else shown[:LONGEST]
