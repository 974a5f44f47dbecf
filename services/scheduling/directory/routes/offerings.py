"""What can be booked; every change makes a new version, and visits keep the version they were booked with."""

from typing import Any
from uuid import UUID

from services.scheduling.directory.records import Add, Change, record_decider
from services.scheduling.directory.schemas import OfferingFields, OfferingSchema
from shared.decider import handle
from shared.events.scheduling import Money, OfferingAdded, OfferingChanged
from shared.http.fields import patch_of
from shared.http.operations import Answer, Call, Operations
from shared.http.paging import PageQuery, page_of
from shared.ids import new_id
from shared.reading import find, list_by_id

blueprint = Operations("offerings", __name__, url_prefix="/v1/offerings")
decider = record_decider(OfferingAdded, OfferingChanged, counted="offering_version")


@blueprint.command("POST", "", OfferingSchema, status=201, body=OfferingFields)
def add_offering(call: Call, body: dict[str, Any]) -> Answer:
    """Offer something to book."""
    offering_id = new_id()
    handle(
        call.tx,
        decider,
        f"offering-{offering_id}",
        Add({"offering_id": offering_id, "offering_version": 1} | with_price(body)),
    )
    return answer(call, offering_id)


@blueprint.query("", page_of(OfferingSchema), query=PageQuery)
def list_offerings(call: Call, query: dict[str, Any]) -> Answer:
    """All offerings of the chain."""
    return Answer(list_by_id(call.connection, "offerings", query))


@blueprint.query("/<uuid:offering_id>", OfferingSchema)
def show_offering(call: Call, offering_id: UUID) -> Answer:
    """One offering in its newest version."""
    return answer(call, offering_id)


@blueprint.command("PATCH", "/<uuid:offering_id>", OfferingSchema, body=patch_of(OfferingFields), if_match=True)
def change_offering(call: Call, body: dict[str, Any], offering_id: UUID) -> Answer:
    """Make a new version; visits that are booked keep theirs."""
    find(call.connection, "offerings", offering_id)
    handle(call.tx, decider, f"offering-{offering_id}", Change(with_price(body)), if_match=call.if_match)
    return answer(call, offering_id)


def with_price(body: dict[str, Any]) -> dict[str, Any]:
    return body | {"price": Money(**body["price"])} if body.get("price") else body


def answer(call: Call, offering_id: UUID) -> Answer:
    row = find(call.connection, "offerings", offering_id)
    return Answer(row, version=row.version, location=f"/v1/offerings/{offering_id}")
