"""What workers do for accounts: no task, one chore."""

from annotator.accounts import hints
from annotator.lib import reconciler

reconciler.chore(hints.prune)
