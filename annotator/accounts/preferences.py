"""What a person chose about the product for themselves: the keys of the annotate page.

Which commands there are, and which key may be chosen, the page knows; here they are only kept.
"""

from typing import Any

from annotator.accounts.models import Preferences, User


def of(user: User) -> dict[str, Any]:
    """The preferences as the page and the API tell them; of a person who chose nothing too."""
    kept = Preferences.objects.filter(user=user).first()
    return {"keys": kept.keys if kept else {}}


def save(*, user: User, keys: dict[str, list[str]]) -> None:
    """Keep these keys, already validated, instead of what was kept. Of two at once the later one holds."""
    Preferences.objects.update_or_create(user=user, defaults={"keys": keys})
