"""The standing people of every test, one project, and a client each.

owner: the manager who made the project. colleague: an annotator and member. stranger: a manager of another project.
admin: sees all.
"""

from collections.abc import Callable

import pytest
from django.test import Client

from annotator.accounts.models import Membership, Project, Role, User


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    def make(username: str, role: Role = Role.ANNOTATOR) -> User:
        return User.objects.create_user(username, password=f"pass of {username}", role=role)

    return make


@pytest.fixture
def owner(make_user: Callable[..., User]) -> User:
    return make_user("owner", Role.MANAGER)


@pytest.fixture
def colleague(make_user: Callable[..., User]) -> User:
    return make_user("colleague", Role.ANNOTATOR)


@pytest.fixture
def stranger(make_user: Callable[..., User]) -> User:
    return make_user("stranger", Role.MANAGER)


@pytest.fixture
def admin(make_user: Callable[..., User]) -> User:
    return make_user("admin", Role.ADMIN)


@pytest.fixture
def project(owner: User, colleague: User) -> Project:
    project = Project.objects.create(name="Street scenes", created_by=owner)
    Membership.objects.bulk_create([Membership(project=project, user=user) for user in (owner, colleague)])
    return project


@pytest.fixture
def as_user() -> Callable[[User], Client]:
    """A client that is signed in as the user."""

    def client_of(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return client_of
