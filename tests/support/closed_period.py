"""An October that is closed at treatment: a chain with two clinics, a therapist at the first, and who manages what."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import httpx

from services.treatment.caseload_reports.decider import CASELOAD_REPORT, stream_of
from services.treatment.caseload_reports.documents import keep
from services.treatment.caseload_reports.periods import PERIOD, stream_of as stream_of_period
from services.treatment.staff_pages.scheduling import EXTENSION as SCHEDULING, Scheduling
from shared.decider import handle
from shared.event_store import Metadata, Transaction
from shared.events import scheduling as s, scheduling_staff as staff
from shared.events.treatment_reports import CaseloadReportAsked, CaseloadReportPublished, ReportPeriodClosed
from shared.ids import new_id
from shared.minting import mint_service_token
from shared.reports.document import Kind, Report, Scope, Series, finished
from shared.reports.ids import closing_report_id_of
from tests.support.messages import BERLIN, at
from tests.support.reports import invented_report
from tests.support.treatment import Treatment
from workers.messages.treatment import Treatment as Reached

STARTS_AT, ENDS_AT, CLOSED_AT = at("2026-10-01 00:00"), at("2026-11-01 00:00"), at("2026-11-05 00:00")
RULES = "/v1/report-rules"
NAMES = ("Demo Clinic North", "Demo Clinic South")
BY = Metadata(actor="workers", role="service", origin="reports", correlation_id="a-test")


def closing(as_of_at: datetime = CLOSED_AT, period: str = "2026-10") -> ReportPeriodClosed:
    return ReportPeriodClosed(
        period=period,
        starts_at=STARTS_AT,
        ends_at=ENDS_AT,
        time_zone=BERLIN,
        as_of_at=as_of_at,
        scheduling=7,
        treatment=9,
        definitions=1,
        reports=4,
        hash="1" * 64,
        closed_at=as_of_at,
    )


@dataclass
class ClosedPeriod:
    """`anna` treats at the first clinic; `reached` is treatment as the workers reach it, in this process.

    Without `keeps` the documents are lost. Scheduling, as treatment reaches it, calls the clinics by NAMES unless it is
    `away`; `named` are those whose names it was asked for.
    """

    treatment: Treatment
    keeps: bool = True
    clinics: list[UUID] = field(init=False)
    anna: UUID = field(default_factory=new_id)
    reached: Reached = field(init=False)
    away: bool = False
    named: list[list[str]] = field(default_factory=list)
    before: Scheduling = field(init=False)

    def __post_init__(self) -> None:
        self.reached = reached(self.treatment)
        self.before = self.treatment.app.extensions[SCHEDULING]
        http = httpx.Client(transport=httpx.MockTransport(self.call))
        self.treatment.app.extensions[SCHEDULING] = Scheduling("http://scheduling", lambda: "a-token", http)
        self.clinics = [self.open_clinic() for _ in range(2)]
        self.treatment.database.command(self.treatment.chain_id, BY, self.close)

    def end(self) -> None:
        self.reached.close()
        self.treatment.app.extensions[SCHEDULING].http.close()
        self.treatment.app.extensions[SCHEDULING] = self.before

    def call(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            return httpx.Response(503)
        self.named.append(json.loads(request.content)["clinic_ids"])
        known = dict(zip(map(str, self.clinics), NAMES, strict=True))
        clinics = [{"id": each, "name": known[each]} for each in self.named[-1]]
        return httpx.Response(200, json={"clients": [], "clinics": clinics, "therapists": []})

    def open_clinic(self) -> UUID:
        clinic_id = self.treatment.clinic()
        opened = s.ClinicOpened(clinic_id=clinic_id, name="Demo Clinic", phone="+15005550001")
        self.treatment.tell(opened, stream=f"clinic-{clinic_id}")
        return clinic_id

    def close(self, tx: Transaction) -> None:
        self.publish(tx, "chain", tx.chain_id)
        for clinic_id in self.clinics:
            self.publish(tx, "clinic", clinic_id)
        self.publish(tx, "therapist", self.anna)
        handle(tx, PERIOD, stream_of_period(tx.chain_id, "2026-10"), closing())

    def publish(self, tx: Transaction, kind: Kind, scope_id: UUID) -> None:
        report_id = closing_report_id_of(tx.chain_id, kind, scope_id, "2026-10", CLOSED_AT)
        whole = about(tx.chain_id, kind, scope_id)
        others = finished(replace(whole, series=Series(utilisation=whole.series.utilisation)))
        own = whole if kind == "therapist" else None
        asked = CaseloadReportAsked(
            report_id=report_id,
            scope_kind=kind,
            scope_id=scope_id,
            period="2026-10",
            as_of_at=CLOSED_AT,
            asked_at=CLOSED_AT,
            for_closing=True,
        )
        done = CaseloadReportPublished(
            report_id=report_id,
            starts_at=STARTS_AT,
            ends_at=ENDS_AT,
            time_zone=BERLIN,
            scheduling=7,
            treatment=9,
            definitions=1,
            hash=others.hash,
            own_hash=own.hash if own else None,
            published_at=CLOSED_AT,
        )
        for event in (asked, done):
            handle(tx, CASELOAD_REPORT, stream_of(report_id), event)
        for each in filter(None, (others, own)):
            if self.keeps:
                keep(tx.connection, tx.chain_id, report_id, each)

    def hire(self, *roles: tuple[staff.StaffRole, Sequence[UUID] | None], therapist_id: UUID | None = None) -> UUID:
        """Somebody of the staff, in these roles at these clinics or at all."""
        staff_id = new_id()
        given = tuple(
            staff.RoleGiven(role=role, clinics=None if where is None else tuple(sorted(where))) for role, where in roles
        )
        added = staff.StaffAdded(staff_id=staff_id, name="Demo Colleague", therapist_id=therapist_id, roles=given)
        self.treatment.tell(added, stream=f"staff-{staff_id}")
        return staff_id

    def set_rules(self, **changes: Any) -> None:
        said = {"time_zone": None, "closing_day": 5, "weekly": True, "monthly": True, "attach_files": True}
        self.treatment.caller("chain_admin").put(RULES, said | changes)


def about(chain_id: UUID, kind: Kind, scope_id: UUID) -> Report:
    invented = invented_report()
    as_of = replace(invented.as_of, at=CLOSED_AT)
    return finished(replace(invented, chain_id=chain_id, scope=Scope(kind=kind, id=scope_id), as_of=as_of))


def reached(treatment: Treatment) -> Reached:
    token = partial(mint_service_token, treatment.keys.service, subject="workers", to="treatment")
    found = Reached("http://treatment", token)
    found.http.close()
    found.http = httpx.Client(transport=httpx.WSGITransport(app=treatment.app), base_url="http://treatment")
    return found
