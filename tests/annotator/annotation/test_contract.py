"""The examples that the TypeScript tests read too are what the server takes and gives, key for key."""

import json
from pathlib import Path
from typing import Any

import pytest

from annotator.accounts.models import User
from annotator.annotation.schemas import AnswerOut, MaskIn
from tests.annotator.making import mask_body

CONTRACT = Path(__file__).parents[2] / "contract"


def example(name: str) -> Any:
    return json.loads((CONTRACT / name).read_text())


def keys(value: Any) -> Any:
    """The names in a JSON value, nested, without what they hold."""
    if isinstance(value, dict):
        return {name: keys(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [keys(inner) for inner in value if isinstance(inner, dict)] or None
    return None


def test_the_server_takes_the_example_of_a_mask():
    taken = MaskIn.model_validate(example("mask_in.json"))
    assert taken.model_dump(mode="json") == example("mask_in.json")


@pytest.mark.parametrize("name", MaskIn.model_fields)
def test_every_value_of_a_mask_must_be_sent(name):
    body = example("mask_in.json")
    del body[name]
    with pytest.raises(ValueError, match=name):
        MaskIn.model_validate(body)


def test_the_example_of_a_session_has_the_types_of_the_server():
    assert AnswerOut.model_validate(example("session.json")).model_dump(mode="json") == example("session.json")


@pytest.mark.django_db
def test_the_server_gives_a_session_with_the_very_keys_of_the_example(api, colleague: User, photos):
    page = api(colleague)
    body = mask_body(page.session())
    assert set(body) == set(example("mask_in.json"))
    page.put("/masks/0b8f2a4e-6a33-4c0e-9d52-7f5a7c1e2d01", body)
    assert keys(page.ask()) == keys(example("session.json"))
