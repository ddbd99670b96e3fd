"""`manage.py sign_in_link`: how the first admin gets in, and anybody who lost their way."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotator.accounts.links import make_link
from annotator.accounts.models import Role, User


class Command(BaseCommand):
    help = "Prints a one-time sign-in path for each person. With --role it makes those who do not exist yet."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("usernames", nargs="+", metavar="USERNAME")
        parser.add_argument("--role", choices=Role.values, help="make missing people with this role")

    def handle(self, *args: Any, **options: Any) -> None:
        for username in options["usernames"]:
            user = User.objects.filter(username=username).first()
            if user is None:
                if options["role"] is None:
                    raise CommandError(f"There is nobody named {username}. With --role ROLE they are made.")
                user = make_person(username, Role(options["role"]))
            self.stdout.write(f"{username} {make_link(user=user)}")


def make_person(username: str, role: Role) -> User:
    """A new person without a password."""
    user = User(username=username, role=role)
    user.set_unusable_password()
    user.full_clean(exclude=["password"])
    user.save()
    return user
