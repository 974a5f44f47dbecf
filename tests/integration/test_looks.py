"""Clients may ask who has seen their clinical record: managers read it in treatment's own log."""

from uuid import UUID

import pytest

from shared.auth import Role
from shared.events.scheduling_people import ClientRegistered, ClientsMerged
from shared.ids import new_id
from tests.support.log import moved
from tests.support.treatment import Treatment

REASON = "Fainted in the waiting room."


def log_of(client_id: UUID) -> str:
    return f"/v1/clients/{client_id}/access-log"


def look_through_broken_glass(treatment: Treatment, client_id: UUID) -> None:
    colleague = treatment.therapist().api
    colleague.post("/v1/break-glass", {"client_id": str(client_id), "reason": REASON})
    colleague.get(f"/v1/clients/{client_id}/visits")


def test_a_look_through_a_broken_glass_is_listed_newest_first_and_so_is_looking_at_the_list(
    treatment: Treatment,
) -> None:
    client = treatment.client()
    look_through_broken_glass(treatment, client)
    manager = treatment.caller("manager")
    first = manager.get(log_of(client))["items"]
    assert [(each["operation"], each["purpose"]) for each in first] == [
        ("GET /v1/clients/<uuid:client_id>/visits", "break_glass"),
        ("POST /v1/break-glass", "break_glass"),
    ]
    page = manager.get(f"{log_of(client)}?limit=1")
    assert [each["purpose"] for each in page["items"]] == ["audit"]
    rest = manager.get(f"{log_of(client)}?cursor={page['next']}")["items"]
    assert rest == first


def test_who_was_merged_is_found_by_either_id_with_the_looks_at_both(treatment: Treatment) -> None:
    kept, former = treatment.client(), treatment.client()
    look_through_broken_glass(treatment, former)
    treatment.tell(ClientsMerged(client_id=former, into_id=kept), stream=f"merging-{former}")
    look_through_broken_glass(treatment, kept)
    manager = treatment.caller("manager")
    assert [len(manager.get(log_of(each))["items"]) for each in (kept, former)] == [4, 5]


@pytest.mark.parametrize("role", ["front_desk", "therapist"])
def test_nobody_else_reads_it(treatment: Treatment, role: Role) -> None:
    treatment.caller(role).get(log_of(treatment.client()), 403)


def test_a_manager_of_a_clinic_reads_it_for_the_clients_of_that_clinic_alone(treatment: Treatment) -> None:
    home, former = new_id(), new_id()
    client = new_id()
    registered = ClientRegistered(
        client_id=client, name="Demo Client", time_zone="Europe/Berlin", locale="en", home_clinic_id=home
    )
    treatment.tell(registered, stream=f"client-{client}")
    visit = treatment.visit(client_id=client, clinic_id=former)
    treatment.tell(moved(visit, visit.starts_at, clinic_id=new_id()))
    for clinic, status in ((home, 200), (former, 200), (new_id(), 403)):
        treatment.caller("manager", clinics=(clinic,)).get(log_of(client), status)


def test_nobodys_id_and_another_chains_client_are_not_there(treatment: Treatment) -> None:
    treatment.caller("manager").get(log_of(new_id()), 404)
