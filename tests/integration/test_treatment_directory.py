"""What treatment's pages for clients know of the house, as scheduling has told it last."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from shared.events.scheduling import Address, ChainCreated, ClinicChanged, ClinicOpened, ClinicTermsSet
from shared.events.scheduling_people import ClientChanged
from shared.ids import new_id
from tests.support.treatment import Treatment

pytestmark = pytest.mark.one_database


def terms_in(country: str, clinic_id: UUID) -> ClinicTermsSet:
    return ClinicTermsSet(
        clinic_id=clinic_id,
        valid_from=date(2027, 1, 1),
        time_zone="Europe/Vienna",
        address=Address(line="Demo 1", city="Demo", region="", postal_code="1", country=country),
        latitude_e6=0,
        longitude_e6=0,
        opening_hours=(),
    )


def rows(treatment: Treatment, table: str) -> list[dict[str, Any]]:
    with treatment.database.reading(treatment.chain_id) as connection:
        return [row._asdict() for row in connection.execute(text(f"SELECT * FROM {table}"))]


def test_the_house_is_what_scheduling_has_told_last(treatment: Treatment) -> None:
    clinic_id = new_id()
    treatment.tell(ChainCreated(chain_id=treatment.chain_id, slug="demo", name="Demo Chain"), stream="chain")
    treatment.tell(
        ClinicOpened(clinic_id=clinic_id, name="Demo North", phone="+49301234567"),
        terms_in("AT", clinic_id),
        ClinicChanged(clinic_id=clinic_id, name="Demo North", phone="+49307654321"),
        stream=f"clinic-{clinic_id}",
    )
    (chain,), (clinic,) = rows(treatment, "chains"), rows(treatment, "clinics")
    assert chain["name"] == "Demo Chain"
    assert (clinic["clinic_id"], clinic["phone"], clinic["country"]) == (clinic_id, "+49307654321", "AT")


def test_a_client_reads_in_their_own_language_on_their_own_clock(treatment: Treatment) -> None:
    client_id = treatment.client()
    changed = ClientChanged(client_id=client_id, name="Demo Client", time_zone="America/New_York", locale="de-AT")
    treatment.tell(changed, stream=f"client-{client_id}")
    (reader,) = rows(treatment, "readers")
    assert (reader["client_id"], reader["locale"], reader["time_zone"]) == (client_id, "de-AT", "America/New_York")
