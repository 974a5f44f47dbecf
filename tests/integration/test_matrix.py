"""Every route with every role at the own clinic, another clinic and another chain, as the table of operations says."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from services.permissions import CLINICAL, OPERATIONS
from services.scheduling.chains import create_chain
from shared.auth import STAFF, Role
from shared.http.operations import EXTENSION
from shared.http.permissions import Operation
from shared.http.records import HEADER
from shared.minting import mint_service_token
from shared.settings import Settings
from shared.tokens import Service
from tests.support.api import Api, Chain, Keys
from tests.support.matrix import BODIES, Place, ask, break_glass, furnish, furnish_treatment, holder, undo_everything
from tests.support.treatment import follow, reach

OF_STAFF = [row for row in OPERATIONS if row.kind == "staff" and row.scope != "record"]
OF_RECORDS = [row for row in OPERATIONS if row.kind == "staff" and row.scope == "record"]
OF_CLIENTS = [
    row for row in OF_RECORDS if re.findall("<.+?>", row.rule) == ["<uuid:client_id>"] and row.method == "GET"
]
"""Records that are addressed by their client."""
OF_OTHERS = [row for row in OPERATIONS if row.kind not in {"staff", "session"}]
DONE = {200, 201, 409}
"""A refusal of the business is an answer, too: it is told to those alone who may do such a thing."""
UNKNOWN = {404, 422}
OF_EVERY_CHAIN = {"/v1/catalogue/targets/<code>", "/v1/safety-text/<locale>"}
"""What belongs to no chain and is the same for all."""
OF_ONE_CHAIN = [row for row in OF_STAFF if row.rule not in OF_EVERY_CHAIN]
OF_WHOEVER_ASKED = {"/v1/clients/<uuid:client_id>/exports/<uuid:export_id>"}
"""What is there for the one who asked for it, and for nobody else in whatever role."""


@dataclass(frozen=True)
class World:
    own: Place
    other: Place
    foreign: Place
    apps: dict[str, Flask]

    def ask(self, caller: Api, row: Operation, place: Place) -> TestResponse:
        """Call the route of its service about what is at the place."""
        return ask(replace(caller, client=self.apps[row.service].test_client()), row, place)


@pytest.fixture(scope="module")
def world(pages_app: Flask, pages_settings: Settings, treatment_app: Flask, keys: Keys) -> Iterator[World]:
    parts, parts_of_treatment = pages_app.extensions[EXTENSION], treatment_app.extensions[EXTENSION]

    def found(slug: str) -> Chain:
        return Chain(pages_app, keys, create_chain(parts.database, slug, f"Demo {slug}"))

    here, elsewhere = found("here"), found("elsewhere")
    offering = here.offering()
    places = furnish(here, offering), furnish(here, offering), furnish(elsewhere, elsewhere.offering())
    follow(treatment_app, pages_settings.scheduling)
    reach(pages_app, treatment_app, keys)
    own, other, foreign = (furnish_treatment(place, treatment_app) for place in places)
    hurried = [holder(own, role, everywhere=each, hurried=True) for role in CLINICAL for each in (True, False)]
    break_glass(hurried, (own, other), treatment_app)
    undo_everything(pages_app)
    undo_everything(treatment_app)
    yield World(own, other, foreign, {"scheduling": pages_app, "treatment": treatment_app})
    pages_app.extensions[EXTENSION], treatment_app.extensions[EXTENSION] = parts, parts_of_treatment


def named(row: Operation) -> str:
    return f"{row.service} {row.method} {row.rule}"


def body_of(row: Operation, place: Place) -> str:
    body = BODIES.get((row.method, row.rule))
    return str(body(place)) if body else ""


def told_to(row: Operation, place: Place) -> set[str]:
    """The ids of a place that an answer might tell to somebody who has not sent them."""
    sent = body_of(row, place)
    return {each for each in place.every_id if each not in sent}


def answers_of(row: Operation) -> set[int]:
    """How a route answers somebody who may call it."""
    return {404} if row.rule in OF_WHOEVER_ASKED else DONE


@pytest.mark.parametrize("role", STAFF)
@pytest.mark.parametrize("row", OF_STAFF, ids=named)
def test_at_the_own_clinic_a_role_does_what_the_table_says(world: World, row: Operation, role: Role) -> None:
    status = world.ask(holder(world.own, role, everywhere=False), row, world.own).status_code
    if role in row.roles and row.scope != "every_clinic" and role not in row.own:
        assert status in answers_of(row)
    else:
        assert status == 403


@pytest.mark.parametrize("role", STAFF)
@pytest.mark.parametrize("row", OF_STAFF, ids=named)
def test_at_another_clinic_a_role_does_what_the_table_says(world: World, row: Operation, role: Role) -> None:
    answer = world.ask(holder(world.own, role, everywhere=False), row, world.other)
    if role in row.roles and row.scope in {"chain", "listed"}:
        assert answer.status_code in answers_of(row)
        elsewhere = told_to(row, world.other) - world.own.every_id
        assert row.scope == "chain" or not [each for each in elsewhere if each in answer.text]
    elif role in row.roles and row.scope == "hidden":
        assert answer.status_code == 404
        assert not [each for each in world.other.every_id if each in answer.text]
    else:
        assert answer.status_code == 403
    if role in row.roles:
        elsewhere_too = {403} if role in row.own else answers_of(row)
        assert world.ask(holder(world.own, role, everywhere=True), row, world.other).status_code in elsewhere_too


@pytest.mark.parametrize("role", CLINICAL)
@pytest.mark.parametrize("row", OF_CLIENTS, ids=named)
def test_a_record_is_open_on_a_basis_wherever_its_client_goes(world: World, row: Operation, role: Role) -> None:
    for place in (world.own, world.other):
        for everywhere in (True, False):
            refused = world.ask(holder(world.own, role, everywhere=everywhere), row, place)
            assert refused.status_code == 403
            assert role not in row.roles or (refused.json or {}).get("code") == "no_basis"
            hurried = holder(world.own, role, everywhere=everywhere, hurried=True)
            answer = world.ask(hurried, row, place)
            assert answer.status_code in (answers_of(row) if role in row.roles else {403})
            if answer.status_code in {200, 201}:
                assert answer.headers[HEADER].startswith("break_glass; ")


@pytest.mark.parametrize("role", STAFF)
@pytest.mark.parametrize("row", OF_ONE_CHAIN, ids=named)
def test_of_another_chain_nothing_is_there_for_anybody(world: World, row: Operation, role: Role) -> None:
    answer = world.ask(holder(world.own, role, everywhere=True), row, world.foreign)
    named_in_body = body_of(row, world.foreign)
    if role not in row.roles:
        assert answer.status_code == 403
    elif "<" in row.rule:
        assert answer.status_code == 404
    elif any(each in named_in_body for each in world.foreign.every_id) and row.rule != "/v1/reassignments":
        assert answer.status_code in UNKNOWN
    assert not [each for each in told_to(row, world.foreign) if each in answer.text]


@pytest.mark.parametrize("role", STAFF)
@pytest.mark.parametrize("row", OF_RECORDS, ids=named)
def test_no_role_opens_a_record_by_itself(world: World, row: Operation, role: Role) -> None:
    caller = holder(world.own, role, everywhere=True)
    path = re.sub(r"<uuid:\w+>", lambda _: world.own.ids["client_id"], row.rule)
    client = world.apps[row.service].test_client()
    body: Any = None if row.method == "GET" else {}
    answer = replace(caller, client=client).call(row.method, path, None, body, If_Match="*")
    assert answer.status_code in ({403, *UNKNOWN} if role in row.roles else {403})


@pytest.mark.parametrize("row", [*OF_STAFF, *OF_RECORDS], ids=named)
def test_nobody_comes_in_without_a_token_and_no_service_instead_of_a_person(world: World, row: Operation) -> None:
    stranger = world.apps[row.service].test_client()
    path = re.sub(r"<uuid:\w+>", world.own.ids["client_id"], row.rule)
    assert stranger.open(path, method=row.method).status_code == 401
    to: Service = "treatment" if row.service == "treatment" else "scheduling"
    token = mint_service_token(world.own.chain.keys.service, subject="workers", to=to)
    body: Any = None if row.method == "GET" else {}
    assert Api(stranger, token).call(row.method, path, None, body, If_Match="*").status_code == 403


@pytest.mark.parametrize("row", OF_OTHERS, ids=named)
def test_pages_hooks_and_services_ask_for_what_the_table_says(world: World, row: Operation) -> None:
    client = world.apps[row.service].test_client()
    path = row.rule.replace("<address>", "no-such-link").replace("<reference>", "x").replace("<path:anything>", "x/y/z")
    status = client.open(path, method=row.method).status_code
    match row.kind:
        case "service":
            assert status == 401
            for role in STAFF:
                token = holder(world.own, role, everywhere=True).token
                assert Api(client, token).call(row.method, path, None, {}).status_code == 403
        case "signature":
            assert status == 403
        case "link":
            assert status == 404
        case _:
            assert status not in {401, 403, 405}
            assert status != 500
