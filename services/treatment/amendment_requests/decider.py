"""The life of one request: answered once, with what was put right or why not; a no may be disagreed with."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal, TypeAlias, assert_never
from uuid import UUID

from services.treatment.order import NotYet
from shared.decider import Decider, NotThere, Refused
from shared.events import treatment_requests as q

ANSWERED_WITHIN = timedelta(days=30)
"""A month in the GDPR (article 12), 60 days in the HIPAA rules (45 CFR 164.526): the shorter holds everywhere."""

MOST_STATEMENTS = 10
Status = Literal["open", "accepted", "declined"]


class RequestAnswered(Refused):
    """The request has been answered; what else the client asks for is another one."""

    code = "request_answered"


class NotDeclined(Refused):
    """A statement of disagreement follows a refusal, and there is none."""

    code = "not_declined"


class EnoughSaid(Refused):
    """The request has as many statements as it can hold."""

    code = "enough_said"


@dataclass(frozen=True, slots=True)
class Request:
    """A request as its events leave it."""

    asked: q.AmendmentRequestedByClient | None = None
    accepted: q.AmendmentRequestAccepted | None = None
    declined: q.AmendmentRequestDeclined | None = None
    statements: tuple[q.DisagreementStated, ...] = ()

    @property
    def status(self) -> Status:
        if self.accepted is not None:
            return "accepted"
        return "open" if self.declined is None else "declined"


@dataclass(frozen=True, slots=True)
class Ask:
    """`tomorrow` is the last day that has begun anywhere."""

    asked: q.AmendmentRequestedByClient
    tomorrow: date


@dataclass(frozen=True, slots=True)
class Accept:
    changed: tuple[UUID, ...]
    note: str | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Decline:
    reason: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Disagree:
    statement: str
    way: q.Way
    stated_on: date
    tomorrow: date


RequestCommand: TypeAlias = Ask | Accept | Decline | Disagree


def decide(command: RequestCommand, request: Request) -> list[Any]:
    if isinstance(command, Ask):
        must_have_come(command.asked.requested_on, command.tomorrow)
        return [command.asked]
    if request.asked is None:
        raise NotThere
    ids: dict[str, Any] = {"request_id": request.asked.request_id, "client_id": request.asked.client_id}
    if isinstance(command, Disagree):
        return [disagreed(command, request, ids)]
    if request.status != "open":
        raise RequestAnswered(answer=request.status)
    match command:
        case Accept(changed, note, now):
            return [q.AmendmentRequestAccepted(**ids, changed=changed, note=note, happened_at=now)]
        case Decline(reason, now):
            return [q.AmendmentRequestDeclined(**ids, reason=reason, happened_at=now)]
        case _:
            assert_never(command)


def disagreed(command: Disagree, request: Request, ids: dict[str, Any]) -> q.DisagreementStated:
    if request.declined is None:
        raise NotDeclined
    if len(request.statements) >= MOST_STATEMENTS:
        raise EnoughSaid
    must_have_come(command.stated_on, command.tomorrow)
    return q.DisagreementStated(**ids, statement=command.statement, way=command.way, stated_on=command.stated_on)


def must_have_come(day: date, tomorrow: date) -> None:
    """Raise NotYet for a day that has begun nowhere."""
    if day > tomorrow:
        raise NotYet


def evolve(request: Request, event: Any) -> Request:
    match event:
        case q.AmendmentRequestedByClient():
            return replace(request, asked=event)
        case q.AmendmentRequestAccepted():
            return replace(request, accepted=event)
        case q.AmendmentRequestDeclined():
            return replace(request, declined=event)
        case q.DisagreementStated():
            return replace(request, statements=(*request.statements, event))
        case _:
            raise TypeError(event)


REQUEST: Decider[Request, RequestCommand] = Decider(Request(), decide, evolve)
