"""The life of one request to be forgotten: assessed anew until somebody decides, and then gone, once, class by class.

What was confirmed goes at once; what has to be kept goes when its day has come, without anybody asking again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal, TypeAlias, assert_never
from uuid import UUID

from services.scheduling.erasure.rules import Assessment, due
from shared.decider import Decider, NotThere, Refused
from shared.events.registry import DataClass
from shared.events.scheduling_erasure import (
    AskedBy,
    ClientErased,
    ErasureAssessed,
    ErasureConfirmed,
    ErasureDeclined,
    ErasureReceiptPrepared,
    ErasureReceiptSettled,
    ErasureRequested,
    Hold,
    Kept,
    ReceiptOutcome,
    Swept,
)

Status = Literal["none", "open", "declined", "confirmed"]

RECEIPT_GOOD_FOR = timedelta(hours=72)
"""An address is kept no longer than this for the receipt that goes to it."""


class ErasureOnHold(Refused):
    """Some things have to be settled before this client can be forgotten; `holds` names them."""

    code = "erasure_on_hold"


class ErasureDecided(Refused):
    """The request has been decided already."""

    code = "erasure_decided"


@dataclass(frozen=True, slots=True)
class Erasure:
    """A request: what was assessed last, and, once it is confirmed, what is still `kept` until its day.

    `receipt_due`: an address is kept until the receipt has gone to it.
    """

    status: Status = "none"
    client_id: UUID | None = None
    assessed: Assessment | None = None
    kept: tuple[Kept, ...] = ()
    receipt_due: bool = False

    @property
    def holds(self) -> tuple[Hold, ...]:
        return self.assessed.holds if self.assessed else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Request, or assess a request anew; `client_ids` are all ids of the person, the one they go by first."""

    request_id: UUID
    client_ids: tuple[UUID, ...]
    asked_by: AskedBy
    locale: str
    assessment: Assessment
    now: datetime
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """Let go; a receipt goes to the `address`, if there is one."""

    request_id: UUID
    assessment: Assessment
    address: str | None
    now: datetime
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline:
    request_id: UUID
    reason: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleReceipt:
    """That the receipt went, or will not; said again it changes nothing."""

    request_id: UUID
    outcome: ReceiptOutcome
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Erase:
    """That the keys of `classes` are gone: `keys` of them, and what was `swept` with them."""

    request_id: UUID
    client_ids: tuple[UUID, ...]
    classes: tuple[DataClass, ...]
    keys: int
    swept: Sequence[Swept]
    now: datetime


ErasureCommand: TypeAlias = Ask | Confirm | Decline | Erase | SettleReceipt


def decide(command: ErasureCommand, erasure: Erasure) -> list[Any]:
    match command:
        case Ask():
            return ask(command, erasure)
        case Confirm():
            return confirm(command, erasure)
        case Decline():
            client_id = must_be_open(erasure)
            return [
                ErasureDeclined(
                    request_id=command.request_id, client_id=client_id, reason=command.reason, declined_at=command.now
                )
            ]
        case Erase():
            return erase(command, erasure)
        case SettleReceipt():
            return settle(command, erasure)
        case _:
            assert_never(command)


def ask(command: Ask, erasure: Erasure) -> list[Any]:
    if erasure.status == "none":
        client_id = command.client_ids[0]
        requested = ErasureRequested(
            request_id=command.request_id,
            client_id=client_id,
            client_ids=command.client_ids,
            asked_by=command.asked_by,
            locale=command.locale,
            requested_at=command.now,
        )
        return [requested, *assessed(command, client_id, erasure)]
    return assessed(command, must_be_open(erasure), erasure)


def confirm(command: Confirm, erasure: Erasure) -> list[Any]:
    client_id = must_be_open(erasure)
    if command.assessment.holds:
        holds = [{"kind": each.kind, "id": each.id} for each in command.assessment.holds]
        raise ErasureOnHold(client_id=client_id, holds=holds)
    confirmed = ErasureConfirmed(request_id=command.request_id, client_id=client_id, confirmed_at=command.now)
    happened = [*assessed(command, client_id, erasure), confirmed]
    if command.address is None:
        return happened
    prepared = ErasureReceiptPrepared(
        request_id=command.request_id,
        client_id=client_id,
        address=command.address,
        until=command.now + RECEIPT_GOOD_FOR,
    )
    return [*happened, prepared]


def settle(command: SettleReceipt, erasure: Erasure) -> list[Any]:
    if erasure.client_id is None or not erasure.receipt_due:
        return []
    return [
        ErasureReceiptSettled(
            request_id=command.request_id,
            client_id=erasure.client_id,
            outcome=command.outcome,
            settled_at=command.now,
        )
    ]


def must_be_open(erasure: Erasure) -> UUID:
    """Whose request it is. Raises NotThere and ErasureDecided."""
    if erasure.client_id is None:
        raise NotThere
    if erasure.status != "open":
        raise ErasureDecided
    return erasure.client_id


def assessed(command: Ask | Confirm, client_id: UUID, erasure: Erasure) -> list[Any]:
    found = command.assessment
    if found == erasure.assessed:
        return []
    return [
        ErasureAssessed(
            request_id=command.request_id,
            client_id=client_id,
            assessed_on=command.today,
            goes_now=found.now,
            kept=found.kept,
            holds=found.holds,
        )
    ]


def erase(command: Erase, erasure: Erasure) -> list[Any]:
    if erasure.client_id is None or erasure.status != "confirmed":
        raise NotThere
    return [
        ClientErased(
            request_id=command.request_id,
            client_id=erasure.client_id,
            client_ids=command.client_ids,
            classes=command.classes,
            kept=tuple(each for each in erasure.kept if each.data_class not in command.classes),
            keys=command.keys,
            swept=tuple(command.swept),
            erased_at=command.now,
        )
    ]


def goes(erasure: Erasure, today: date) -> tuple[DataClass, ...]:
    """What of a confirmed request is to go on this day and is still there."""
    return due(erasure.kept, today)


def evolve(erasure: Erasure, event: Any) -> Erasure:
    match event:
        case ErasureRequested():
            return Erasure("open", event.client_id)
        case ErasureAssessed():
            return replace(erasure, assessed=Assessment(event.goes_now, event.kept, event.holds))
        case ErasureConfirmed():
            return replace(erasure, status="confirmed", kept=erasure.assessed.kept if erasure.assessed else ())
        case ErasureDeclined():
            return replace(erasure, status="declined")
        case ErasureReceiptPrepared() | ErasureReceiptSettled():
            return replace(erasure, receipt_due=isinstance(event, ErasureReceiptPrepared))
        case ClientErased():
            return replace(erasure, kept=event.kept)
        case _:
            raise TypeError(event)


ERASURE: Decider[Erasure, ErasureCommand] = Decider(Erasure(), decide, evolve)
