"""What a letter about a closed period brings: decided when it goes out, for the roles that its reader has then.

Files and pictures come along where the chain's rules allow it, to readers whose roles were given here, and of nothing
that they could not open here; they are made for this one answer, a few of them, while no connection is held. Whose role
only the provider knows hears that something waits. Nobody of the staff is named.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog
from marshmallow import Schema, fields
from sqlalchemy import Connection, Row, text

from services.treatment.caseload_reports.chain_rules import known
from services.treatment.caseload_reports.documents import kept
from services.treatment.caseload_reports.enclosed import FILES, Enclosed, enclosed
from services.treatment.caseload_reports.rights import OPEN, hash_for, opened_to
from services.treatment.staff_pages.scheduling import scheduling
from shared.auth import Caller
from shared.database import Database
from shared.http.fields import Flag, StrictSchema, Text
from shared.http.operations import Answer, Operations
from shared.http.problems import OtherServiceAway
from shared.reports.document import DocumentAltered, Report
from shared.reports.periods import dates_of
from shared.reports.shown import of_days
from shared.reports.words import words_of
from shared.staff import grants_in

MOST_REPORTS = 5

CLOSED = text("SELECT * FROM report_periods WHERE id = :period_id")
READER = text("SELECT roles, therapist_id FROM staff WHERE id = :staff_id AND active")
FOUND = text(f"""
    SELECT * FROM caseload_reports
    WHERE {OPEN} AND closed AND period = :period AND as_of_at = :as_of_at
      AND (scope_kind <> 'therapist' OR scope_id = CAST(:therapist_id AS uuid))
    ORDER BY array_position(ARRAY['therapist', 'chain', 'clinic'], scope_kind), scope_id LIMIT :most
""")  # noqa: S608 - a condition of ours

log = structlog.get_logger()


class ReportLetterFields(StrictSchema):
    """Who is written to about which period, in which language; `files`: whether any may go to their address.

    `chain_name` stands at the head of a file about the chain.
    """

    chain_id = fields.UUID(required=True)
    period_id = fields.UUID(required=True)
    staff_id = fields.UUID(required=True)
    locale = Text(required=True, most=35)
    files = Flag(required=True)
    chain_name = Text(required=True, most=500)


class EnclosedSchema(Schema):
    """A file, its bytes in base64."""

    file_name = fields.String(required=True)
    title = fields.String(required=True)
    content = fields.String(required=True)


class ReportsSchema(Schema):
    """The period as programs and as people call it; `more`: there are reports that do not come along."""

    period = fields.String(required=True)
    title = fields.String(required=True)
    files = fields.List(fields.Nested(EnclosedSchema), required=True)
    figures = fields.List(fields.Nested(EnclosedSchema), required=True)
    more = fields.Boolean(required=True)


class ReportLetterSchema(Schema):
    """What the letter brings, or why there is none."""

    reports = fields.Nested(ReportsSchema)
    stop = fields.String()


def report_letters_blueprint(database: Database) -> Operations:
    """The route that the workers ask before they send a letter about reports."""
    internal = Operations("letters about reports", __name__, url_prefix="/internal/v1")

    @internal.service("POST", "/report-letters", ReportLetterSchema, body=ReportLetterFields)
    def write_report_letter(body: dict[str, Any]) -> Answer:
        """What somebody has of a closed period now, or why there is no letter to them."""
        with database.reading(body["chain_id"]) as connection:
            period = connection.execute(CLOSED, {"period_id": body["period_id"]}).first()
            person = connection.execute(READER, {"staff_id": body["staff_id"]}).first()
            if period is None or person is None:
                return Answer({"stop": "gone"})
            given_here = person.roles is not None
            reader = caller(body, person)
            rows = reports_of(connection, reader, period)
            if not rows and given_here:
                return Answer({"stop": "no_report"})
            attached = given_here and body["files"] and known(connection, body["chain_id"])[0].attach_files
            whole = documents(connection, rows, person.therapist_id) if attached else []
        words = words_of(body["locale"])
        files, pictures = enclosed(whole, words, names(body, reader, whole))
        brings = {
            "period": period.period,
            "title": of_days(*dates_of(period.period), words),
            "files": [as_sent(each) for each in files],
            "figures": [as_sent(each) for each in pictures],
            "more": attached and len(files) < FILES * len(rows),
        }
        return Answer({"reports": brings})

    return internal


def caller(body: Mapping[str, Any], person: Row[Any]) -> Caller:
    """The reader as they would call: in the roles that were given here."""
    grants = grants_in(person.roles) or ()
    return Caller(str(body["staff_id"]), body["chain_id"], grants, body["staff_id"], person.therapist_id)


def reports_of(connection: Connection, reader: Caller, period: Row[Any]) -> Sequence[Row[Any]]:
    """The closed reports of the period that somebody is written to about, their own first, at most one too many."""
    asked = {"period": period.period, "as_of_at": period.as_of_at, "most": MOST_REPORTS + 1}
    return connection.execute(FOUND, opened_to(reader) | asked).all()


def documents(connection: Connection, rows: Sequence[Row[Any]], therapist_id: UUID | None) -> list[Report]:
    """In the variant that is for the reader, without those that are not what was published: these go nowhere."""
    found = []
    for row in rows[:MOST_REPORTS]:
        try:
            found.append(kept(connection, row.id, hash_for(row, therapist_id))[0])
        except DocumentAltered as error:
            log.error("report_document_altered", report_id=str(row.id), error=str(error))  # noqa: TRY400 - it says it all
    return found


def names(body: Mapping[str, Any], reader: Caller, reports: Sequence[Report]) -> Mapping[UUID, str]:
    """Whose the reports are, as scheduling calls the clinics now; raises OtherServiceAway."""
    clinics = [each.scope.id for each in reports if each.scope.kind == "clinic"]
    found: Mapping[UUID, str] = {}
    if clinics:
        looking = {"actor": reader.subject, "role": reader.role, "purpose": "message"}
        known = scheduling().names(body["chain_id"], clients=(), clinics=clinics, therapists=(), looking=looking)
        if known.away:
            raise OtherServiceAway
        found = known.clinics
    return {**found, body["chain_id"]: body["chain_name"]}


def as_sent(file: Enclosed) -> dict[str, str]:
    return {"file_name": file.file_name, "title": file.title, "content": b64encode(file.content).decode()}
