"""`manage.py sign_in_link`: how the first admin gets in, and anybody who lost their way."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotator.accounts.links import make_link
from annotator.accounts.models import Role, User
from annotator.accounts.people import create_person


class Command(BaseCommand):
    help = "Prints a one-time sign-in path for each person. With --role it makes those who do not exist yet."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("usernames", nargs="+", metavar="USERNAME")
        parser.add_argument("--role", choices=Role.values, help="make missing people with this role")

    def handle(self, *args: Any, **options: Any) -> None:
        people = [self.find_or_make(username, options["role"]) for username in options["usernames"]]
        for user in people:
            self.stdout.write(f"{user.username} {make_link(user=user)}")

    def find_or_make(self, username: str, role: str | None) -> User:
        user = User.objects.filter(username=username).first()
        if user is None:
            if role is None:
                raise CommandError(f"There is nobody named {username}. With --role ROLE they are made.")
            try:
                User.username_validator(username)
            except ValidationError as error:
                raise CommandError(f"{username!r}: {' '.join(error.messages)}") from None
            return create_person(username=username, role=role)
        if not user.is_active:
            raise CommandError(f"{username} is deactivated. An admin can activate them on the page People.")
        return user
