"""A client's clinical record is open to those alone who have a basis for it, and every look names that basis."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from marshmallow import Schema, fields
from sqlalchemy import event, text

from shared.access_log import accesses_of
from shared.auth import Role
from shared.event_store import Transaction
from shared.events.scheduling import AppointmentBooked
from shared.events.scheduling_erasure import ClientErased
from shared.events.scheduling_people import ClientsMerged, ClientsUnmerged
from shared.events.scheduling_staff import StaffDeactivated, StaffLinked
from shared.http.app import create_service_app
from shared.http.fields import ClientId
from shared.http.operations import EXTENSION, Answer, Call, Operations
from shared.http.permissions import Operation
from shared.http.records import HEADER, RecordSchema, Unguarded
from shared.ids import new_id
from tests.contracts.examples import EXAMPLES
from tests.support.api import Api
from tests.support.log import WHO, cancelled, moved
from tests.support.treatment import Therapist, Treatment

NOW = datetime.now(UTC).replace(microsecond=0)
SOON = NOW + timedelta(hours=2)


def visits_of(client_id: UUID) -> str:
    return f"/v1/clients/{client_id}/visits"


def own_visit(
    treatment: Treatment, therapist: Therapist, starts_at: datetime = SOON, **given: Any
) -> AppointmentBooked:
    return treatment.visit(therapist_id=therapist.therapist_id, starts_at=starts_at, **given)


def granted(treatment: Treatment) -> list[Any]:
    """What the log has of visits that were used."""
    with treatment.database.reading(treatment.chain_id) as connection:
        rows = text("SELECT data FROM events WHERE name = 'treatment.access_granted.v1' ORDER BY position")
        return list(connection.execute(rows).scalars())


def looks(treatment: Treatment, *client_ids: UUID) -> list[Any]:
    with treatment.database.reading(treatment.chain_id) as connection:
        return list(accesses_of(connection, client_ids, most=100))


def test_a_visit_opens_the_record_to_its_therapist_and_the_first_use_is_recorded_once(treatment: Treatment) -> None:
    anna = treatment.therapist()
    visit = own_visit(treatment, anna)
    for _ in range(2):
        answer = anna.api.call("GET", visits_of(visit.client_id), 200)
        access: Any = answer.get_json()["access"]
        until = visit.ends_at + timedelta(hours=72)
        assert access["basis"] == "visit"
        assert access["id"] == str(visit.appointment_id)
        assert datetime.fromisoformat(access["until"]) == until
        assert answer.headers[HEADER] == f'visit; until="{until:%Y-%m-%dT%H:%M:%SZ}"'
        assert [each["appointment_id"] for each in answer.get_json()["items"]] == [str(visit.appointment_id)]
    (first,) = granted(treatment)
    assert first["appointment_id"] == str(visit.appointment_id)
    assert first["subject"] == str(anna.staff_id)
    assert [(look.actor, look.purpose, look.data_class) for look in looks(treatment, visit.client_id)] == [
        (str(anna.staff_id), "treatment", "clinical")
    ] * 2


@pytest.mark.parametrize(("hours", "status"), [(-80, 403), (-72, 200), (0, 200), (23, 200), (25, 403)], ids=str)
def test_a_visit_opens_the_record_from_a_day_before_until_three_days_after(
    treatment: Treatment, hours: int, status: int
) -> None:
    anna = treatment.therapist()
    visit = own_visit(treatment, anna, NOW + timedelta(hours=hours))
    answer = anna.api.call("GET", visits_of(visit.client_id), status)
    assert status == 200 or answer.get_json()["code"] == "no_basis"
    assert len(looks(treatment, visit.client_id)) == (status == 200)


def chart(treatment: Treatment, visit: AppointmentBooked, *happened: Any) -> None:
    """Have a session of the visit in treatment's log."""
    named = {"client_id": visit.client_id, "appointment_id": visit.appointment_id, "clinic_id": visit.clinic_id}

    def work(transaction: Transaction) -> None:
        for each in happened:
            stream = f"session-{each.session_id}"
            known = {name: value for name, value in named.items() if name in type(each).__dataclass_fields__}
            transaction.append(stream, len(transaction.load(stream)), [replace(each, **known)])

    treatment.database.command(treatment.chain_id, WHO, work)


def test_a_visit_opens_the_record_until_what_was_charted_is_signed_and_a_day_longer(treatment: Treatment) -> None:
    anna, session_id = treatment.therapist(), new_id()
    visit = own_visit(treatment, anna, NOW - timedelta(days=6))
    anna.api.get(visits_of(visit.client_id), 403)
    chart(treatment, visit, replace(EXAMPLES["treatment.session_started.v1"], session_id=session_id))
    anna.api.get(visits_of(visit.client_id))
    signed = replace(EXAMPLES["treatment.session_signed.v1"], session_id=session_id, signed_at=NOW)
    chart(treatment, visit, signed)
    for hours, status in ((23, 200), (25, 403)):
        treatment.set_clock(NOW + timedelta(hours=hours))
        anna.api.get(visits_of(visit.client_id), status)


def test_somebody_else_s_visit_opens_nothing(treatment: Treatment) -> None:
    anna, ben = treatment.therapist(), treatment.therapist()
    visit = own_visit(treatment, anna)
    ben.api.get(visits_of(visit.client_id), 403)
    roles: tuple[Role, ...] = ("manager", "chain_admin", "therapist")
    for role in roles:
        treatment.caller(role).get(visits_of(visit.client_id), 403)
    assert treatment.caller("front_desk").problem("GET", visits_of(visit.client_id), 403)["code"] == "not_allowed"


def test_a_visit_that_is_moved_or_cancelled_opens_the_record_no_more(treatment: Treatment) -> None:
    anna, ben = treatment.therapist(), treatment.therapist()
    visit = own_visit(treatment, anna)
    anna.api.get(visits_of(visit.client_id))
    treatment.tell(moved(visit, SOON, therapist_id=ben.therapist_id))
    anna.api.get(visits_of(visit.client_id), 403)
    ben.api.get(visits_of(visit.client_id))
    treatment.tell(cancelled(visit))
    ben.api.get(visits_of(visit.client_id), 403)
    assert [each["subject"] for each in granted(treatment)] == [str(anna.staff_id), str(ben.staff_id)]


def test_a_merge_takes_the_basis_along_and_its_undoing_gives_it_back(treatment: Treatment) -> None:
    anna = treatment.therapist()
    visit, person = own_visit(treatment, anna), treatment.client()
    anna.api.get(visits_of(person), 403)
    treatment.tell(ClientsMerged(client_id=visit.client_id, into_id=person), stream=f"merging-{visit.client_id}")
    assert len(anna.api.get(visits_of(person))["items"]) == 1
    assert len(anna.api.get(visits_of(visit.client_id))["items"]) == 1
    treatment.tell(ClientsUnmerged(client_id=visit.client_id, from_id=person), stream=f"merging-{visit.client_id}")
    anna.api.get(visits_of(person), 403)
    anna.api.get(visits_of(visit.client_id))


def test_whoever_is_no_longer_the_therapist_sees_nothing_from_then_on(treatment: Treatment) -> None:
    anna, ben = treatment.therapist(), treatment.therapist()
    visit, other = own_visit(treatment, anna), own_visit(treatment, ben)
    anna.api.get(visits_of(visit.client_id))
    treatment.tell(StaffLinked(staff_id=anna.staff_id, therapist_id=None), stream=f"staff-{anna.staff_id}")
    anna.api.get(visits_of(visit.client_id), 403)
    treatment.tell(StaffDeactivated(staff_id=ben.staff_id), stream=f"staff-{ben.staff_id}")
    ben.api.get(visits_of(other.client_id), 401)


def test_a_role_at_another_clinic_opens_nothing(treatment: Treatment) -> None:
    anna = treatment.therapist(new_id())
    visit = own_visit(treatment, anna)
    anna.api.get(visits_of(visit.client_id), 403)
    here = treatment.therapist(visit.clinic_id)
    treatment.tell(moved(visit, SOON, therapist_id=here.therapist_id))
    here.api.get(visits_of(visit.client_id))


def test_who_is_not_there_is_not_found_and_who_was_erased_is_gone(treatment: Treatment) -> None:
    anna = treatment.therapist()
    anna.api.get(visits_of(new_id()), 404)
    visit = own_visit(treatment, anna)
    treatment.tell(erased(visit.client_id, "clinical"), stream="erasure-1")
    assert anna.api.problem("GET", visits_of(visit.client_id), 410)["code"] == "client_erased"
    kept = own_visit(treatment, anna)
    treatment.tell(erased(kept.client_id, "contact"), stream="erasure-2")
    anna.api.get(visits_of(kept.client_id))


def erased(client_id: UUID, data_class: Any) -> ClientErased:
    return ClientErased(
        request_id=new_id(),
        client_id=client_id,
        client_ids=(client_id,),
        classes=(data_class,),
        kept=(),
        undecided=(),
        keys=1,
        swept=(),
        erased_at=NOW,
    )


def test_another_chain_s_client_is_not_there(treatment: Treatment, new_treatment: Any) -> None:
    other = new_treatment()
    anna = other.therapist()
    visit = own_visit(other, anna)
    treatment.therapist().api.get(visits_of(visit.client_id), 404)
    anna.api.get(visits_of(visit.client_id))


def test_visits_come_in_pages(treatment: Treatment) -> None:
    anna = treatment.therapist()
    first = own_visit(treatment, anna)
    more = [own_visit(treatment, anna, SOON - timedelta(days=n), client_id=first.client_id) for n in (1, 2)]
    wanted = [str(each.appointment_id) for each in (first, *more)]
    found, cursor = [], ""
    for _ in wanted:
        page = anna.api.get(f"{visits_of(first.client_id)}?limit=1{cursor}")
        found += [each["appointment_id"] for each in page["items"]]
        cursor = f"&cursor={page['next']}"
    assert found == wanted
    assert page["next"] is None


class NothingSchema(RecordSchema):
    """Nothing at all."""


def an_app(
    treatment: Treatment, route: Any, row: Operation, schema: type[Schema] = NothingSchema, **parts: Any
) -> Flask:
    """The service with one route of its own."""
    blueprint = Operations("a test", __name__)
    if row.method == "GET":
        blueprint.query(row.rule, schema)(route)
    else:
        blueprint.command(row.method, row.rule, NothingSchema)(route)
    public = [each for each in rows_of_every_service() if each.service == "treatment"]
    given = replace(treatment.app.extensions[EXTENSION], **parts)
    return create_service_app("treatment", given, [*public, row], [blueprint], public_url="http://127.0.0.1")


def rows_of_every_service() -> Sequence[Operation]:
    rules = ("/health/live", "/health/ready", "/metrics", "/docs", "/openapi.json")
    return [Operation("treatment", "GET", rule, kind="public") for rule in rules]


def asking(call: Call, client_id: UUID) -> Answer:
    call.record(client_id)
    return Answer({})


def listing(call: Call) -> Answer:
    rows = call.connection.execute(text("SELECT client_id FROM clients"))
    return Answer({"open": sorted(call.records(rows.scalars().all()))})


def forgetting(call: Call, client_id: UUID) -> Answer:
    call.shows(client_id)
    return Answer({})


class OpenSchema(RecordSchema):
    """Whose records are open."""

    open = fields.List(ClientId())


RULE = "/v1/things/<uuid:client_id>"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_operation_that_forgets_to_ask_answers_nothing(treatment: Treatment, method: str) -> None:
    row = Operation("treatment", method, RULE, ("therapist",), "record", "clinical")
    anna = treatment.therapist()
    visit = own_visit(treatment, anna)
    path = RULE.replace("<uuid:client_id>", str(visit.client_id))
    for route, status in ((forgetting, 500), (asking, 200)):
        client = an_app(treatment, route, row).test_client()
        Api(client, anna.api.token).call(method, path, status, {} if method == "POST" else None)


def test_a_repeated_command_is_not_answered_once_the_record_is_closed(treatment: Treatment) -> None:
    row = Operation("treatment", "POST", RULE, ("therapist",), "record", "clinical")
    anna = treatment.therapist()
    visit = own_visit(treatment, anna)
    again = Api(an_app(treatment, asking, row).test_client(), anna.api.token)
    path = RULE.replace("<uuid:client_id>", str(visit.client_id))
    first = again.call("POST", path, 200, {}, Idempotency_Key="one")
    second = again.call("POST", path, 200, {}, Idempotency_Key="one")
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers[HEADER] == first.headers[HEADER]
    treatment.tell(cancelled(visit))
    again.call("POST", path, 403, {}, Idempotency_Key="one")


def test_a_list_across_clients_has_those_alone_whose_records_are_open(treatment: Treatment) -> None:
    row = Operation("treatment", "GET", "/v1/things", ("therapist",), "record", "clinical")
    anna, ben = treatment.therapist(), treatment.therapist()
    own = [own_visit(treatment, anna).client_id for _ in range(2)]
    other = own_visit(treatment, ben).client_id
    client = an_app(treatment, listing, row, OpenSchema).test_client()
    answer: Any = Api(client, anna.api.token).get("/v1/things")
    assert answer["open"] == sorted(map(str, own))
    assert answer["access"]["basis"] == "visit"
    assert [look.client_ids for look in looks(treatment, *own)] == [sorted(own)]
    assert looks(treatment, other) == []
    assert len(granted(treatment)) == 2
    nobody: Any = Api(client, treatment.caller("therapist").token).get("/v1/things")
    assert (nobody["open"], nobody["access"]) == ([], None)


def test_one_question_decides_whatever_there_is_to_decide_from(treatment: Treatment) -> None:
    anna = treatment.therapist()
    visit = own_visit(treatment, anna)
    anna.api.get(visits_of(visit.client_id))

    def asked() -> int:
        statements: list[str] = []

        def noted(_: Any, __: Any, statement: str, *___: Any) -> None:
            statements.append(statement)

        event.listen(treatment.database.engine, "before_cursor_execute", noted)
        anna.api.get(visits_of(visit.client_id))
        event.remove(treatment.database.engine, "before_cursor_execute", noted)
        return len(statements)

    before = asked()
    for n in range(5):
        own_visit(treatment, anna, SOON - timedelta(hours=n), client_id=visit.client_id)
        anna.api.post("/v1/break-glass", {"client_id": str(visit.client_id), "reason": "for no good reason"})
    anna.api.get(visits_of(visit.client_id))
    assert asked() == before


@pytest.mark.parametrize(
    ("change", "parts", "fault"),
    [
        ({"reads": "identity"}, {}, "does not read what is clinical"),
        ({}, {"gate": None}, "has no gate to ask"),
    ],
    ids=["class", "gate"],
)
def test_a_row_of_records_that_nobody_guards_fails_at_start(
    treatment: Treatment, change: Any, parts: Any, fault: str
) -> None:
    row = Operation("treatment", "GET", RULE, ("therapist",), "record", "clinical")
    with pytest.raises(Unguarded, match=fault):
        an_app(treatment, asking, replace(row, **change), **parts)
