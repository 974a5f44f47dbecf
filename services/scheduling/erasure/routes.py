"""The API of letting go: clinics' rules, requests on behalf of clients, and the decision of the chain."""

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from flask import g
from sqlalchemy import Row, text

from services.scheduling.chains import chains
from services.scheduling.directory.routes.chain import chain_row
from services.scheduling.erasure.asking import ask, decline
from services.scheduling.erasure.decider import Follow
from services.scheduling.erasure.erasing import confirm, erase_due
from services.scheduling.erasure.following import Listener, follow
from services.scheduling.erasure.policies import retention_of, set_retention
from services.scheduling.erasure.receipts import erased, settle, settle_overdue
from services.scheduling.erasure.schemas import (
    DeclineFields,
    DueSchema,
    ErasureFields,
    ErasureQuery,
    ErasureSchema,
    FollowedSchema,
    ReceiptsSchema,
    RetentionFields,
    RetentionSchema,
    SettledSchema,
)
from services.scheduling.erasure.seeing import as_seen
from services.scheduling.erasure.treatment import AtTreatment, at_treatment
from services.scheduling.export.treatment import treatment
from shared.auth import SERVICE
from shared.client_clinics import clinics_of
from shared.database import Database
from shared.erasure_receipt.receipt import receipt
from shared.event_store import Metadata
from shared.events.scheduling_erasure import Swept
from shared.http.files import File, FileSchema
from shared.http.operations import Answer, Call, Operations, parts
from shared.http.paging import page, page_of, read_cursor
from shared.reading import find

RETENTION = "/clinics/<uuid:clinic_id>/retention"
REQUEST = "/erasure-requests/<uuid:request_id>"
LISTED = text("""
    SELECT * FROM erasure_requests
    WHERE state = :state
      AND (CAST(:clinics AS uuid[]) IS NULL OR EXISTS (
        SELECT FROM client_clinics own
        WHERE own.client_id = person_of(erasure_requests.client_id) AND own.clinic_id = ANY(:clinics)))
      AND (CAST(:after_time AS timestamptz) IS NULL OR (requested_at, id) > (:after_time, CAST(:after_id AS uuid)))
    ORDER BY requested_at, id LIMIT :most
""")

blueprint = Operations("erasure", __name__, url_prefix="/v1")


@blueprint.query(RETENTION, RetentionSchema)
def show_retention(call: Call, clinic_id: UUID) -> Answer:
    """How long a clinic keeps its records."""
    return retention(call, clinic_id)


@blueprint.command("PUT", RETENTION, RetentionSchema, body=RetentionFields, if_match=True)
def change_retention(call: Call, body: dict[str, Any], clinic_id: UUID) -> Answer:
    """Say how long a clinic keeps its records; what is kept already by an older rule stays as it was decided."""
    call.caller.must_act_at(clinic_id)
    set_retention(call.tx, clinic_id, body, call.if_match)
    return retention(call, clinic_id)


def retention(call: Call, clinic_id: UUID) -> Answer:
    shown, version = retention_of(call.connection, clinic_id, call.now.date())
    return Answer(shown, version=version)


@blueprint.command(
    "POST",
    "/clients/<uuid:client_id>/erasure-requests",
    ErasureSchema,
    status=201,
    body=ErasureFields,
)
def request_erasure(call: Call, body: dict[str, Any], client_id: UUID) -> Answer:
    """Ask on behalf of a client that they are forgotten; says what would go, and what would stay until when and why.

    Nothing goes before a chain_admin has confirmed it. Asking again assesses the open request anew. Treatment is asked
    what it has; where it does not answer, what depends on it is `undecided`.
    """
    known = asked_of_treatment(call, client_id)
    return answer(call, ask(call.tx, known, body["asked_by"], call.now))


@blueprint.query("/erasure-requests", page_of(ErasureSchema), query=ErasureQuery)
def list_erasures(call: Call, query: dict[str, Any]) -> Answer:
    """Requests of clients of the caller's clinics in one state, the oldest first."""
    after = read_cursor(query["cursor"], tuple[datetime, UUID])
    clinics = call.caller.clinics
    values = {
        "state": query["state"],
        "clinics": None if clinics is None else list(clinics),
        "after_time": after[0] if after else None,
        "after_id": after[1] if after else None,
        "most": query["limit"] + 1,
    }
    found = page(call.connection.execute(LISTED, values).all(), query["limit"], lambda row: (row.requested_at, row.id))
    return Answer(found | {"items": as_seen(call.connection, found["items"], clinics)})


@blueprint.query(REQUEST, ErasureSchema)
def show_erasure(call: Call, request_id: UUID) -> Answer:
    """One request."""
    return answer(call, request_id)


@blueprint.command("POST", f"{REQUEST}/decline", ErasureSchema, body=DeclineFields, if_match=True)
def decline_erasure(call: Call, body: dict[str, Any], request_id: UUID) -> Answer:
    """Let everything stay, for a reason."""
    decline(call.tx, request_id, body["reason"], call.now, call.if_match)
    return answer(call, request_id)


@blueprint.command("POST", f"{REQUEST}/confirm", ErasureSchema, if_match=True)
def confirm_erasure(call: Call, request_id: UUID) -> Answer:
    """Let go at once of all that `goes_now` says, for ever; the rest goes by itself on its day. Assessed anew first.

    Refused while anything holds.
    """
    known = asked_of_treatment(call, find(call.connection, "erasure_requests", request_id).client_id)
    confirm(call.tx, request_id, known, call.now, call.if_match)
    return answer(call, request_id)


@blueprint.query(f"{REQUEST}/receipt", FileSchema)
def print_receipt(call: Call, request_id: UUID) -> Answer:
    """The receipt as a page to print, in the client's language: what is gone, and what stays until when.

    The caller's role has to hold at every clinic whose client it was, for the receipt tells of all of them.
    """
    row = find(call.connection, "erasure_requests", request_id)
    call.caller.must_act_at(*clinics_of(call.connection, row.client_id))
    call.shows(row.client_id)
    written = receipt(row.locale, chain_row(call.connection)["name"], erased(row))
    return Answer({}, file=File(written.html.encode, "application/octet-stream", f"receipt-{request_id}.html"))


def due_erasures_blueprint(database: Database) -> Operations:
    """The routes by which the workers have go what was kept until today, and what was kept for a receipt."""
    internal = Operations("due erasures", __name__, url_prefix="/internal/v1")

    @internal.service("POST", "/erasures/due", DueSchema)
    def erase_what_is_due() -> Answer:
        """Let go of what no clinic needs any more, in all chains; calling again goes on where it ended."""
        metadata = Metadata(actor="workers", role=SERVICE, origin="retention", correlation_id=g.request_id)
        known = [chain_id for _, chain_id in chains(database.engine)]
        settle_overdue(database, known, metadata, parts().clock())
        Listener(database, treatment(), metadata).hear(known, parts().clock())
        return Answer({"erased": erase_due(database, known, metadata, parts().clock())})

    @internal.service("POST", "/erasures/followed", SettledSchema, body=FollowedSchema)
    def hear_who_follows(body: dict[str, Any]) -> Answer:
        """What the workers have let go of; treatment is asked for its part then. Saying it again changes nothing."""
        metadata = Metadata(actor="workers", role=SERVICE, origin="retention", correlation_id=g.request_id)
        for item in body["items"]:
            database.command(item["chain_id"], metadata, partial(follow, command=followed(item)))
        asked = {item["chain_id"] for item in body["items"]}
        Listener(database, treatment(), metadata).hear(sorted(asked), parts().clock())
        return Answer({})

    @internal.service("POST", "/erasures/receipts", SettledSchema, body=ReceiptsSchema)
    def settle_receipts(body: dict[str, Any]) -> Answer:
        """What became of receipts that were to be mailed; their addresses go. Saying it again changes nothing."""
        metadata = Metadata(actor="workers", role=SERVICE, origin="retention", correlation_id=g.request_id)
        for item in body["items"]:
            work = partial(settle, request_id=item["request_id"], outcome=item["outcome"], now=parts().clock())
            database.command(item["chain_id"], metadata, work)
        return Answer({})

    return internal


def followed(item: dict[str, Any]) -> Follow:
    swept = tuple(Swept(service="workers", store=store, rows=rows) for store, rows in item["stores"].items())
    return Follow(
        request_id=item["request_id"],
        by="workers",
        classes=tuple(item["classes"]),
        swept=swept,
        followed_at=item["followed_at"],
    )


def asked_of_treatment(call: Call, client_id: UUID) -> AtTreatment:
    return at_treatment(call.connection, treatment(), call.chain_id, client_id, g.request_id)


def answer(call: Call, request_id: UUID) -> Answer:
    row: Row[Any] = find(call.connection, "erasure_requests", request_id)
    (shown,) = as_seen(call.connection, [row], call.caller.clinics)
    return Answer(shown, version=row.version, location=f"/v1/erasure-requests/{request_id}")
