"""The table of operations and the routes are one, and the document is made from it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from services.permissions.table import OPERATIONS
from services.permissions_page import page
from services.scheduling.app import create_app as create_scheduling
from services.treatment.app import create_app as create_treatment
from shared.auth import SERVICE, STAFF
from shared.http.app import create_service_app
from shared.http.operations import EXTENSION
from shared.http.permissions import OF_PEOPLE, NotInTable, Operation, Permissions
from shared.settings import Settings
from tests.architecture.test_openapi import NOWHERE
from tests.architecture.tree import read


@pytest.fixture(scope="module")
def apps() -> Iterator[dict[str, Flask]]:
    settings = Settings.read(NOWHERE)
    made = {"scheduling": create_scheduling(settings), "treatment": create_treatment(settings)}
    yield made
    for app in made.values():
        app.extensions[EXTENSION].close()


def test_the_document_is_made_from_the_table() -> None:
    assert read(Path("docs/permissions.md")) == page(), "run: synergist permissions > docs/permissions.md"


@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: f"{row.service} {row.method} {row.rule}")
def test_no_route_does_without_its_row(apps: dict[str, Flask], row: Operation) -> None:
    without = Permissions.of(row.service, [each for each in OPERATIONS if each != row])
    with pytest.raises(NotInTable) as caught:
        without.must_cover(apps[row.service])
    assert str(caught.value).endswith(f": {row.method} {row.rule} has no row")


def test_no_row_does_without_its_route(apps: dict[str, Flask]) -> None:
    more = [*OPERATIONS, Operation("treatment", "GET", "/v1/nothing", STAFF)]
    with pytest.raises(NotInTable, match="GET /v1/nothing has no route"):
        Permissions.of("treatment", more).must_cover(apps["treatment"])


def test_an_app_does_not_start_with_a_route_that_is_not_in_the_table(apps: dict[str, Flask]) -> None:
    parts = apps["treatment"].extensions[EXTENSION]
    machines = ("/health/", "/metrics", "/docs", "/openapi.json")
    public = [row for row in OPERATIONS if row.rule.startswith(machines)]

    def add(app: Flask) -> None:
        app.add_url_rule("/forgotten", "forgotten", lambda: "")

    create_service_app("treatment", parts, public, [], public_url="http://127.0.0.1")
    with pytest.raises(NotInTable, match="GET /forgotten has no row"):
        create_service_app("treatment", parts, public, [], [add], public_url="http://127.0.0.1")


def test_no_route_has_two_rows() -> None:
    with pytest.raises(NotInTable):
        Permissions.of("treatment", [*OPERATIONS, Operation("treatment", "GET", "/v1/events", STAFF)])


@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: f"{row.service} {row.method} {row.rule}")
def test_roles_are_named_where_a_token_is_shown_and_nowhere_else(row: Operation) -> None:
    possible = set(STAFF) if row.kind in OF_PEOPLE else {SERVICE} if row.kind == "service" else set()
    assert bool(row.roles) == bool(possible)
    assert set(row.roles) <= possible
