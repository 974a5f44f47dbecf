"""No answer shows something about a client unrecorded: fields are marked, marks are in the table, and routes say whom."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask, g
from marshmallow import Schema, fields

from services.permissions.table import OPERATIONS
from services.scheduling.app import create_app as create_scheduling
from services.treatment.app import create_app as create_treatment
from shared.http.fields import PERSONAL, ClientId
from shared.http.operations import EXTENSION
from shared.http.permissions import Permissions, add_permissions
from shared.http.shown import MARKS, Marks, Unmarked, Unsaid, must_say, said
from shared.settings import Settings
from tests.architecture.test_openapi import NOWHERE

ABOUT_PEOPLE = frozenset(
    [
        "name",
        "client_name",
        "related_client_name",
        "called",
        "birth_date",
        "email",
        "phone",
        "address",
        "evidence",
        "reason",
        "note",
        "last_note",
        "text",
        "data",
        "changed",
        "actor",
    ]
)
NOT_ABOUT_CLIENTS = frozenset(
    {
        ("ClinicSchema", "name"),
        ("ClinicSchema", "phone"),
        ("ClinicSchema", "address"),
        ("TermsSchema", "address"),
        ("RoomSchema", "name"),
        ("TherapistSchema", "name"),
        ("StaffSchema", "name"),
        ("StaffAddressSchema", "address"),
        ("OfferingSchema", "name"),
        ("ChainSchema", "name"),
        ("NameSchema", "name"),
        ("TargetSchema", "name"),
        ("EndangermentSiteSchema", "name"),
        ("ClosureSchema", "reason"),
        ("TimeOffSchema", "reason"),
        ("RoomOutageSchema", "reason"),
        # An event's name, and who did it: a member of staff.
        ("HistoryEntrySchema", "name"),
        ("HistoryEntrySchema", "actor"),
        # Sealed; only our own services read the feed.
        ("CloudEventSchema", "data"),
    }
)


@pytest.fixture(scope="module")
def apps() -> Iterator[dict[str, Flask]]:
    settings = Settings.read(NOWHERE)
    made = {"scheduling": create_scheduling(settings), "treatment": create_treatment(settings)}
    yield made
    for app in made.values():
        app.extensions[EXTENSION].close()


def schemas_within(schema: Schema) -> Iterator[Schema]:
    yield schema
    for each in schema.dump_fields.values():
        inner = each.inner if isinstance(each, fields.List) else each
        if isinstance(inner, fields.Nested) and type(inner.schema) is not type(schema):
            yield from schemas_within(inner.schema)


def answers_of(app: Flask) -> Iterator[Schema]:
    for view in app.view_functions.values():
        for response in getattr(view, "_apidoc", {}).get("response", {}).get("responses", {}).values():
            for content in response if isinstance(response, list) else []:
                yield from schemas_within(content["schema"])


def test_every_field_that_sounds_like_a_person_is_marked(apps: dict[str, Flask]) -> None:
    found = [schema for app in apps.values() for schema in answers_of(app)]
    assert len(found) > 50
    unmarked = {
        (type(schema).__name__, name)
        for schema in found
        for name, each in schema.dump_fields.items()
        if (name in ABOUT_PEOPLE and PERSONAL not in each.metadata)
        or (name.endswith("client_id") and not isinstance(each, ClientId))
    }
    assert unmarked == NOT_ABOUT_CLIENTS


@pytest.mark.parametrize("service", ["scheduling", "treatment"])
def test_a_row_that_does_not_say_what_its_answer_shows_fails_at_start(apps: dict[str, Flask], service: str) -> None:
    app = apps[service]
    marked = [
        (rule.rule, view.__dict__[MARKS])
        for rule in app.url_map.iter_rules()
        if MARKS in (view := app.view_functions[rule.endpoint]).__dict__
    ]
    silent = Permissions.of(service, [replace(row, reads=None) for row in OPERATIONS])
    showing = {rule for rule, marks in marked if marks.data_class}
    if not showing:
        must_say(app, silent)
        return
    with pytest.raises(Unmarked) as caught:
        must_say(app, silent)
    assert all(f" {rule} shows " in str(caught.value) for rule in showing)


def test_a_row_that_names_a_milder_class_fails_at_start(apps: dict[str, Flask]) -> None:
    mild = Permissions.of("scheduling", [replace(row, reads=row.reads and "identity") for row in OPERATIONS])
    with pytest.raises(Unmarked, match="GET /v1/clients shows contact"):
        must_say(apps["scheduling"], mild)


class InnerSchema(Schema):
    person = ClientId(data_key="who")
    others = fields.List(ClientId())


class OuterSchema(Schema):
    items = fields.List(fields.Nested(InnerSchema))
    one = fields.Nested(InnerSchema, allow_none=True)
    plain = fields.UUID()


def test_clients_are_found_wherever_an_answer_holds_their_ids() -> None:
    ids = [f"00000000-0000-0000-0000-{number:012}" for number in range(5)]
    content: Any = {
        "items": [{"who": ids[0], "others": [ids[1]]}, {"who": None, "others": []}, {"who": ids[2]}],
        "one": None,
        "plain": ids[4],
    }
    assert {str(each) for each in Marks.of(OuterSchema()).clients_in(content)} == set(ids[:3])
    assert {str(each) for each in Marks.of(OuterSchema()).clients_in(content | {"one": {"who": ids[3]}})} == set(
        ids[:4]
    )


def test_no_page_leaves_that_shows_somebody_and_has_not_said_whom() -> None:
    app = Flask("a service", static_folder=None)
    row = replace(OPERATIONS[0], service="s", method="GET", rule="/page", reads="contact", roles=(), kind="link")

    def page() -> str:
        return "a name"

    def honest() -> str:
        g.said = True
        return "a name"

    app.add_url_rule("/page", view_func=page)
    app.after_request(said)
    add_permissions(app, Permissions.of("s", [row]), [])
    app.testing = True
    with pytest.raises(Unsaid):
        app.test_client().get("/page")
    app.view_functions["page"] = honest
    assert app.test_client().get("/page").text == "a name"
