"""The connection to treatment: whether something is still asked or done, what became of it, due alerts, reports."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

import httpx
import msgspec
import structlog

from shared.events.treatment_reports import Cause
from shared.reports.document import AsOf, Period, Report, packed
from shared.reports.restatement import Restatement
from workers.messages.model import Due, Notice, Reports
from workers.messages.recipients import TIMEOUT

AT_ONCE = 25
"""Each link is decided by itself, so a call takes no more of them than are decided while it is waited for."""


PASSING = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
)
"""These say nothing of what was sent: the same may be taken later as it is."""

log = structlog.get_logger()


class NotTaken(Exception):
    """Treatment has not taken what was said, or has not answered what was asked."""


class TreatmentAway(NotTaken):
    """Treatment did not answer, or not to us."""


class TreatmentRefused(NotTaken):
    """Treatment does not take what was said; `status` and the problem's `code` say why. It is logged as an error."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status, self.code = status, code


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkGiven:
    """A link to the page of a question or of homework, and until when it works; or `stop`, why there is none."""

    about: UUID
    link: str | None = None
    good_until: datetime | None = None
    stop: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportsGiven:
    """What a letter about reports says and brings; or `stop`, why there is none for this reader."""

    reports: Reports | None = None
    stop: str | None = None


class Given(msgspec.Struct):
    items: list[LinkGiven]


class Refusal(msgspec.Struct):
    """A problem document, as far as it says why."""

    code: str = "unknown"


class Treatment:
    """`token` gives a service token that is valid now."""

    def __init__(self, base_url: str, token: Callable[[], str]) -> None:
        self.http = httpx.Client(base_url=base_url, timeout=TIMEOUT)
        self.token = token

    def links(self, rows: Sequence[tuple[Due, str | None]]) -> dict[UUID, LinkGiven]:
        """A new link to each that is still wanted, by what it is about; a question is opened by it.

        Beside each row is whose it is, where its page is to say so. Raises NotTaken.
        """
        found: dict[UUID, LinkGiven] = {}
        for start in range(0, len(rows), AT_ONCE):
            items = [link_question(row, whose) for row, whose in rows[start : start + AT_ONCE]]
            found |= {each.about: each for each in self.given(self.post("/internal/v1/links", items))}
        return found

    def tell_outcomes(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Say what became of messages. Raises NotTaken."""
        self.post("/internal/v1/check-ins/outcomes", items)

    def escalate_due(self) -> None:
        """Have escalated what alerts nobody has acknowledged in time. Raises NotTaken."""
        self.post("/internal/v1/alerts/due")

    def publish_report(
        self, chain_id: UUID, report_id: UUID, document: Report, own: Report | None, *, for_closing: bool = False
    ) -> None:
        """Have a report kept for good, unless one is. Raises NotTaken."""
        about = {"chain_id": str(chain_id), "report_id": str(report_id), "for_closing": for_closing}
        documents = {"document": packed(document)} | ({} if own is None else {"own": packed(own)})
        self.send("/internal/v1/caseload-reports", about | documents)

    def publish_restatement(
        self, chain_id: UUID, report_id: UUID, document: Restatement, own: Restatement | None
    ) -> None:
        """Have it kept how a published report differs from what is known later. Raises NotTaken."""
        about = {"chain_id": str(chain_id), "report_id": str(report_id)}
        documents = {"document": packed(document)} | ({} if own is None else {"own": packed(own)})
        self.send("/internal/v1/caseload-restatements", about | documents)

    def fail_report(self, chain_id: UUID, report_id: UUID, cause: Cause) -> None:
        """Say why there is no report. Raises NotTaken."""
        said = {"chain_id": str(chain_id), "report_id": str(report_id), "cause": cause}
        self.send("/internal/v1/caseload-reports", said)

    def reports(self, row: Due, to: Notice) -> ReportsGiven:
        """What somebody has of a closed period at this moment. Raises NotTaken."""
        said = {
            "chain_id": str(row.chain_id),
            "period_id": str(row.about),
            "staff_id": str(row.staff_id),
            "locale": to.locale,
            "files": to.files,
            "chain_name": to.chain_name,
        }
        content = self.send("/internal/v1/report-letters", said)
        try:
            return msgspec.json.decode(content, type=ReportsGiven)
        except msgspec.MsgspecError as error:
            raise TreatmentAway(type(error).__name__) from error

    def tell_progress(self, chain_id: UUID, period: Period, as_of_at: datetime, **numbers: int | None) -> None:
        """Say that of so many `reports` of a period so many are `made`. Raises NotTaken."""
        self.send("/internal/v1/report-periods", period_in_json(chain_id, period, as_of_at) | numbers)

    def close_period(self, chain_id: UUID, period: Period, as_of: AsOf, reports: int) -> None:
        """Have a period closed, unless it is, of which so many reports are published. Raises NotTaken."""
        positions = {"scheduling": as_of.scheduling, "treatment": as_of.treatment}
        body = period_in_json(chain_id, period, as_of.at) | positions | {"reports": reports}
        self.send("/internal/v1/report-periods/closed", body)

    @staticmethod
    def given(content: bytes) -> list[LinkGiven]:
        try:
            return msgspec.json.decode(content, type=Given).items
        except msgspec.MsgspecError as error:
            raise TreatmentAway(type(error).__name__) from error

    def post(self, path: str, items: Sequence[Mapping[str, Any]] | None = None) -> bytes:
        return self.send(path, {} if items is None else {"items": items})

    def send(self, path: str, body: Mapping[str, Any]) -> bytes:
        headers = {"Authorization": f"Bearer {self.token()}"}
        try:
            answer = self.http.post(path, json=body, headers=headers)
        except httpx.HTTPError as error:
            raise TreatmentAway(type(error).__name__) from error
        if answer.is_client_error and answer.status_code not in PASSING:
            refused = TreatmentRefused(answer.status_code, code_of(answer.content))
            log.error("treatment_refused", path=path, status=refused.status, code=refused.code)
            raise refused
        try:
            return answer.raise_for_status().content
        except httpx.HTTPStatusError as error:
            raise TreatmentAway(f"{answer.status_code} {code_of(answer.content)}") from error

    def close(self) -> None:
        self.http.close()


def code_of(problem: bytes) -> str:
    """The code of a problem document; unknown for what is none."""
    try:
        return msgspec.json.decode(problem, type=Refusal).code
    except msgspec.MsgspecError:
        return "unknown"


def link_question(row: Due, whose: str | None) -> dict[str, str | None]:
    return {"chain_id": str(row.chain_id), "purpose": row.kind, "about": str(row.about), "whose": whose}


def period_in_json(chain_id: UUID, period: Period, as_of_at: datetime) -> dict[str, Any]:
    return {
        "chain_id": str(chain_id),
        "period": period.name,
        "starts_at": period.starts_at.isoformat(),
        "ends_at": period.ends_at.isoformat(),
        "time_zone": period.time_zone,
        "as_of": as_of_at.isoformat(),
    }
