"""Clients are known by more than their names; zone and language come from where they usually go."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.api import Chain

NAME = {"name": "Demo Client"}


def test_a_client_has_the_name_they_go_by_a_birth_date_and_a_home_clinic(chain: Chain) -> None:
    clinic = chain.clinic()
    given = {"name": "Annabella Example", "called": "Bella", "birth_date": "1961-04-30", "home_clinic": clinic["id"]}
    client = chain.desk.post("/v1/clients", given)
    assert {name: client[name] for name in given} == given
    path = f"/v1/clients/{client['id']}"
    assert chain.desk.get(path) | {"likely_duplicates": []} == client
    changed = chain.desk.patch(path, {"called": None, "birth_date": "1961-05-01", "home_clinic": None})
    assert (changed["called"], changed["birth_date"], changed["home_clinic"]) == (None, "1961-05-01", None)
    assert changed["time_zone"] == client["time_zone"]


def test_zone_and_language_default_from_home_clinic_and_chain(chain: Chain) -> None:
    lisbon = chain.clinic(time_zone="Europe/Lisbon")
    chain.admin.patch("/v1/chain", {"default_locale": "pt"})
    only = chain.desk.post("/v1/clients", NAME)
    assert (only["time_zone"], only["locale"]) == ("Europe/Lisbon", "pt")
    chain.clinic(time_zone="Europe/Berlin")
    assert chain.desk.post("/v1/clients", NAME | {"home_clinic": lisbon["id"]})["time_zone"] == "Europe/Lisbon"
    assert chain.desk.post("/v1/clients", NAME | {"time_zone": "Asia/Tokyo"})["time_zone"] == "Asia/Tokyo"
    assert "time_zone" in chain.desk.post("/v1/clients", NAME, expect=422)["fields"]


def test_the_zone_of_a_clinic_is_the_one_in_force_today(chain: Chain) -> None:
    clinic = chain.clinic(time_zone="Europe/Lisbon")
    soon = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    chain.admin.patch(f"/v1/clinics/{clinic['id']}", {"time_zone": "Europe/Madrid", "valid_from": soon})
    assert chain.desk.post("/v1/clients", NAME)["time_zone"] == "Europe/Lisbon"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("birth_date", "1899-12-31"),
        ("birth_date", "2099-12-31"),
        ("birth_date", "30.04.1961"),
        ("called", ""),
        ("home_clinic", "018f5e00-0000-7000-8000-0000000000ff"),
    ],
)
def test_what_cannot_be_is_refused_at_registration_and_at_a_change(chain: Chain, field: str, value: str) -> None:
    chain.clinic()
    assert field in chain.desk.post("/v1/clients", NAME | {field: value}, expect=422)["fields"]
    client = chain.desk.post("/v1/clients", NAME)
    assert field in chain.desk.patch(f"/v1/clients/{client['id']}", {field: value}, expect=422)["fields"]


def test_whoever_asks_for_any_version_may_change_a_client_in_whatever_version_there_is(chain: Chain) -> None:
    client = chain.person()
    path = f"/v1/clients/{client['id']}"
    assert chain.desk.patch(path, {"called": "Bella"}, If_Match="*")["called"] == "Bella"
    chain.desk.patch(path, {"called": "Anna"}, 412, If_Match=f'"{client["version"]}"')


def test_contact_details_are_never_unique(chain: Chain) -> None:
    chain.clinic()
    couple = [
        chain.desk.post("/v1/clients", {"name": name, "email": "both@demo.example", "phone": "+493012345678"})
        for name in ("Demo One", "Demo Two")
    ]
    assert couple[0]["id"] != couple[1]["id"]
    assert couple[0]["email"] == couple[1]["email"]
