"""The README says what the code does."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
READ_BY_RUN = {"PORT", "HOST"}


def variables_in_readme() -> list[str]:
    section = README.split("## Settings")[1].split("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)


def variables_read_by_settings() -> set[str]:
    """The first argument of every env.TYPE("NAME", …) in the settings."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / "annotator" / "settings.py").read_text())):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="env")), args=[ast.Constant(value=str(name)), *_]):
                found.add(name)
    return found


def test_its_table_names_every_variable_once() -> None:
    named = variables_in_readme()
    assert len(named) == len(set(named))
    assert set(named) == variables_read_by_settings() | READ_BY_RUN


def test_the_paths_it_names_exist() -> None:
    section = README.split("## Where a change belongs")[1].split("\n## ")[0]
    paths = [
        path for path in re.findall(r"`([\w./]+/[\w.]*)`", section) if path.split("/")[0] in {"annotator", "frontend"}
    ]
    assert len(paths) > 10
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_its_pictures_exist_and_are_small() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert pictures
    for picture in pictures:
        assert (ROOT / picture).stat().st_size < 300_000
