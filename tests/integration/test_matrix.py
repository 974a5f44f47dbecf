"""Every route with every role at the own clinic, another clinic and another chain, as the table of operations says.

Routes of the API are asked with tokens, pages with sessions and forms of theirs: what must come of it is one.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from services.permissions.roles import CLINICAL
from services.permissions.table import OPERATIONS
from services.scheduling.chains import create_chain
from shared.access import Basis
from shared.auth import STAFF, Role
from shared.database import Database
from shared.http.operations import EXTENSION
from shared.http.permissions import EXTENSION as PERMISSIONS, OF_PEOPLE, Operation, Permissions
from shared.http.records import HEADER
from shared.minting import mint_service_token
from shared.settings import Settings
from shared.tokens import Service
from tests.support.api import Api, Chain, Keys
from tests.support.matrix import (
    BODIES,
    Holder,
    Place,
    ask,
    break_glass,
    complaint_of,
    furnish,
    furnish_treatment,
    holder,
    undo_everything,
)
from tests.support.sessions import LONG_AGO, Signed, send, sign_in
from tests.support.treatment import ask_scheduling, follow, reach

OF_STAFF = [row for row in OPERATIONS if row.kind in OF_PEOPLE and row.scope != "record"]
OF_RECORDS = [row for row in OPERATIONS if row.kind in OF_PEOPLE and row.scope == "record"]
OF_TOKENS = [row for row in (*OF_STAFF, *OF_RECORDS) if row.kind == "staff"]
OF_SESSIONS = [row for row in (*OF_STAFF, *OF_RECORDS) if row.kind != "staff"]
FORMS = [row for row in OF_SESSIONS if row.method == "POST"]
OF_CLIENTS = [
    row for row in OF_RECORDS if re.findall("<.+?>", row.rule) == ["<uuid:client_id>"] and row.method == "GET"
]
"""Records that are addressed by their client."""
OF_OTHERS = [row for row in OPERATIONS if row.kind not in OF_PEOPLE]
DONE = {200, 201, 409}
"""A refusal of the business is an answer, too: it is told to those alone who may do such a thing."""
DONE_BY_FORM = DONE | {204, 303}
SIGN_IN = "/staff/sign-in"
GLASS = "/staff/records/<uuid:client_id>/glass"
"""Changes nothing where a record is open, as all are without guards."""

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
    databases: dict[str, Database]
    """Which keep what is done, as the apps do not."""

    begun: dict[Any, Signed] = field(default_factory=dict)

    def ask(self, who: Holder, row: Operation, place: Place) -> TestResponse:
        """Call the route of its service about what is at the place."""
        app = self.apps[row.service]
        if row.kind == "staff":
            return ask(replace(who.api, client=app.test_client()), row, place)
        signed = self.signed(who, row, place)
        return send(signed.browser(app), row.method, place.path(row.rule), signed.proof | form_of(row, place))

    def signed(self, who: Holder, row: Operation, place: Place) -> Signed:
        """A session of somebody at the row's service; where it takes a tablet, at the one of the place, or of theirs."""
        here = place if place.chain.id == who.chain.id else self.own
        tablet = here.ids["device_id"] if row.kind == "shift" else None
        key = (row.service, who, tablet)
        if key not in self.begun:
            self.begun[key] = self.sign_in(who, row.service, datetime.now(UTC), tablet)
        return self.begun[key]

    def sign_in(self, who: Holder, service: str, now: datetime, tablet: str | None = None) -> Signed:
        named = {"issuer": who.chain.issuer, "subject": who.subject}
        device_id = None if tablet is None else UUID(tablet)
        return sign_in(self.databases[service], who.chain.id, now, *who.grants, **named, device_id=device_id)


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
    ask_scheduling(treatment_app, pages_app, keys)
    own, other, foreign = (furnish_treatment(place, treatment_app) for place in places)
    hurried = [holder(own, role, everywhere=each, hurried=True) for role in CLINICAL for each in (True, False)]
    break_glass(hurried, (own, other), treatment_app)
    undo_everything(pages_app)
    undo_everything(treatment_app)
    apps = {"scheduling": pages_app, "treatment": treatment_app}
    databases = {"scheduling": parts.database, "treatment": parts_of_treatment.database}
    yield World(own, other, foreign, apps, databases)
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


def form_of(row: Operation, place: Place) -> dict[str, str]:
    """What is typed into the form of a page."""
    body = BODIES.get((row.method, row.rule))
    return dict(body(place)) if body else {}


def answers_of(row: Operation) -> set[int]:
    """How a route answers somebody who may call it."""
    if row.rule in OF_WHOEVER_ASKED:
        return {404}
    return DONE_BY_FORM if row in FORMS else DONE


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
            assert role not in row.roles or says_without_basis(refused)
            hurried = holder(world.own, role, everywhere=everywhere, hurried=True)
            answer = world.ask(hurried, row, place)
            assert answer.status_code in (answers_of(row) if role in row.roles else {403})
            if answer.status_code in {200, 201}:
                assert says_broken_glass(answer)


def says_without_basis(answer: TestResponse) -> bool:
    return (answer.json or {}).get("code") == "no_basis" if answer.is_json else "is not open to you" in answer.text


def says_broken_glass(answer: TestResponse) -> bool:
    """In the header, or on a page in words."""
    return answer.headers.get(HEADER, "").startswith("break_glass; ") or "The glass is broken." in answer.text


@pytest.mark.parametrize("role", CLINICAL)
@pytest.mark.parametrize("row", OF_CLIENTS, ids=named)
def test_a_record_of_another_chain_is_not_there_for_anybody(world: World, row: Operation, role: Role) -> None:
    answer = world.ask(holder(world.own, role, everywhere=True), row, world.foreign)
    assert answer.status_code == (404 if role in row.roles else 403)
    assert complaint_of(world.foreign) not in answer.text


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
    caller, app = holder(world.own, role, everywhere=True), world.apps[row.service]
    path = re.sub(r"<uuid:\w+>", lambda _: world.own.ids["client_id"], row.rule)
    if row.kind == "staff":
        body: Any = None if row.method == "GET" else {}
        client = replace(caller.api, client=app.test_client())
        answer = client.call(row.method, path, None, body, If_Match="*")
    else:
        signed = world.signed(caller, row, world.own)
        answer = send(signed.browser(app), row.method, path, signed.proof)
    assert answer.status_code in ({403, *UNKNOWN} if role in row.roles else {403})


@pytest.mark.parametrize("row", OF_TOKENS, ids=named)
def test_nobody_comes_in_without_a_token_and_no_service_instead_of_a_person(world: World, row: Operation) -> None:
    stranger = world.apps[row.service].test_client()
    path = re.sub(r"<uuid:\w+>", world.own.ids["client_id"], row.rule)
    assert stranger.open(path, method=row.method).status_code == 401
    to: Service = "treatment" if row.service == "treatment" else "scheduling"
    token = mint_service_token(world.own.chain.keys.service, subject="workers", to=to)
    body: Any = None if row.method == "GET" else {}
    assert Api(stranger, token).call(row.method, path, None, body, If_Match="*").status_code == 403


def is_asked_to_sign_in(answer: TestResponse) -> bool:
    return answer.status_code == 303 and answer.location.startswith(SIGN_IN)


@pytest.mark.parametrize("row", OF_SESSIONS, ids=named)
def test_no_page_opens_without_a_session_of_its_service_that_is_still_good(world: World, row: Operation) -> None:
    who, app = holder(world.own, row.roles[-1], everywhere=True), world.apps[row.service]
    path, fields = world.own.path(row.rule), form_of(row, world.own)
    assert is_asked_to_sign_in(send(app.test_client(), row.method, path, fields))
    old = world.sign_in(who, row.service, datetime.now(UTC) - LONG_AGO)
    [elsewhere] = {*world.apps} - {row.service}
    for signed in (old, world.sign_in(who, elsewhere, datetime.now(UTC))):
        assert is_asked_to_sign_in(send(signed.browser(app), row.method, path, signed.proof | fields))
    token = {"Authorization": f"Bearer {who.api.token}"}
    assert is_asked_to_sign_in(send(app.test_client(), row.method, path, fields, **token))


@pytest.mark.parametrize("row", FORMS, ids=named)
def test_no_form_counts_that_is_not_from_a_page_of_the_same_session(world: World, row: Operation) -> None:
    who, app, place = holder(world.own, row.roles[-1], everywhere=True), world.apps[row.service], world.own
    path, fields = place.path(row.rule), form_of(row, place)
    signed = world.signed(who, row, place)
    another = world.sign_in(who, row.service, datetime.now(UTC))
    browser = signed.browser(app)
    for proof in ({}, another.proof):
        assert send(browser, "POST", path, proof | fields).status_code == 403
    for name, value in (("Origin", "https://elsewhere.example"), ("Sec-Fetch-Site", "cross-site")):
        assert send(browser, "POST", path, signed.proof | fields, **{name: value}).status_code == 403


@pytest.mark.parametrize("row", [row for row in OF_SESSIONS if row.kind == "shift"], ids=named)
def test_a_page_of_tablets_is_at_no_other_browser(world: World, row: Operation) -> None:
    who = holder(world.own, row.roles[-1], everywhere=True)
    signed = world.sign_in(who, row.service, datetime.now(UTC))
    browser = signed.browser(world.apps[row.service])
    path, fields = world.own.path(row.rule), form_of(row, world.own)
    assert send(browser, row.method, path, signed.proof | fields).status_code == 404


@pytest.mark.parametrize("row", OF_OTHERS, ids=named)
def test_pages_hooks_and_services_ask_for_what_the_table_says(world: World, row: Operation) -> None:
    client = world.apps[row.service].test_client()
    path = row.rule.replace("<address>", "no-such-link").replace("<reference>", "x").replace("<path:anything>", "x/y/z")
    status = client.open(path, method=row.method).status_code
    match row.kind:
        case "service":
            assert status == 401
            for role in STAFF:
                token = holder(world.own, role, everywhere=True).api.token
                assert Api(client, token).call(row.method, path, None, {}).status_code == 403
        case "signature":
            assert status == 403
        case "link":
            assert status == 404
        case "public" | "tablet":
            assert status not in {401, 403, 405}
            assert status != 500
        case _:
            pytest.fail(f"nothing here tries rows of the kind {row.kind}")


def test_every_row_of_the_table_is_tried() -> None:
    assert Counter((*OF_STAFF, *OF_RECORDS, *OF_OTHERS)) == Counter(OPERATIONS)
    assert Counter((*OF_TOKENS, *OF_SESSIONS)) == Counter((*OF_STAFF, *OF_RECORDS))


@pytest.fixture
def unguarded(world: World) -> Iterator[Holder]:
    """Somebody with every role at every clinic, to whom every record is open and no row of the table says no."""
    before = {app: dict(app.extensions) for app in world.apps.values()}
    for service, app in world.apps.items():
        rows = [replace(row, roles=STAFF, scope="chain") if row.kind in OF_PEOPLE else row for row in OPERATIONS]
        app.extensions[PERMISSIONS] = Permissions.of(service, rows)
    treatment = world.apps["treatment"]
    treatment.extensions[EXTENSION] = replace(treatment.extensions[EXTENSION], gate=open_gate)
    yield Holder(world.own.chain, STAFF, (), "without any guard")
    for app, extensions in before.items():
        app.extensions.update(extensions)


def open_gate(_: Any, __: Any, now: datetime, ids: Sequence[UUID]) -> dict[UUID, Basis]:
    return {each: Basis("visit", each, now + LONG_AGO) for each in ids}


@pytest.mark.parametrize("row", OF_SESSIONS, ids=named)
def test_with_all_guards_off_row_level_security_alone_keeps_pages_of_other_chains_shut(
    world: World, unguarded: Holder, row: Operation
) -> None:
    answer = world.ask(unguarded, row, world.foreign)
    sent = {*world.foreign.path(row.rule).split("/"), *form_of(row, world.foreign).values()}
    assert answer.status_code in {*DONE_BY_FORM, *UNKNOWN}
    if row.method == "POST" and sent & world.foreign.every_id and row.rule != GLASS:
        assert answer.status_code in UNKNOWN
    assert complaint_of(world.foreign) not in answer.text
    assert not [each for each in world.foreign.every_id - sent if each in answer.text]


def test_with_all_guards_off_a_page_shows_what_is_of_the_own_chain(world: World, unguarded: Holder) -> None:
    [row] = [row for row in OF_RECORDS if row.rule == "/staff/records/<uuid:client_id>"]
    for place in (world.own, world.other):
        assert complaint_of(place) in world.ask(unguarded, row, place).text
