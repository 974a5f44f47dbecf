"""The life of one request to be forgotten: assessed anew until somebody decides, and then gone, once, class by class.

What was confirmed goes at once; what has to be kept goes when its day has come, without anybody asking again. A receipt
is whole, and may be mailed, when all who follow have let go and nothing is undecided.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal, TypeAlias, assert_never, get_args
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
    ErasureFollowed,
    ErasureReceiptCompleted,
    ErasureReceiptPrepared,
    ErasureReceiptSettled,
    ErasureRequested,
    Follower,
    Hold,
    Kept,
    ReceiptOutcome,
    Swept,
)

Status = Literal["none", "open", "declined", "confirmed"]

FOLLOWERS: tuple[Follower, ...] = get_args(Follower)
"""Who lets go of the same as scheduling, and says so."""

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
    """A request: what was assessed last, and, once it is confirmed, what is still `kept` until its day or `undecided`.

    `awaited`: who has still to let go of which class. `receipt_until`: an address is kept until then, or until the
    receipt has gone to it; that is `told` when it may go.
    """

    status: Status = "none"
    client_id: UUID | None = None
    assessed: Assessment | None = None
    kept: tuple[Kept, ...] = ()
    undecided: tuple[DataClass, ...] = ()
    awaited: frozenset[tuple[Follower, DataClass]] = frozenset()
    receipt_until: datetime | None = None
    told: bool = False

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
class Complete:
    """What treatment has said of a confirmed request that was assessed without it."""

    request_id: UUID
    assessment: Assessment
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """That a service has let go of these classes, too, and what it swept; said again it changes nothing."""

    request_id: UUID
    by: Follower
    classes: tuple[DataClass, ...]
    swept: Sequence[Swept]
    followed_at: datetime


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


ErasureCommand: TypeAlias = Ask | Complete | Confirm | Decline | Erase | Follow | SettleReceipt


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
        case Complete():
            return complete(command, erasure)
        case Erase():
            return erase(command, erasure)
        case Follow():
            return follow(command, erasure)
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


def complete(command: Complete, erasure: Erasure) -> list[Any]:
    if erasure.client_id is None or not erasure.undecided:
        return []
    found = assessed(command, erasure.client_id, erasure)
    if erasure.awaited or set(erasure.undecided) & set(command.assessment.now):
        return found
    return [*found, *receipt_completed(command.request_id, erasure)]


def follow(command: Follow, erasure: Erasure) -> list[Any]:
    said = {(command.by, each) for each in command.classes}
    if erasure.client_id is None or not erasure.awaited & said:
        return []
    left = erasure.awaited - said
    followed = ErasureFollowed(
        request_id=command.request_id,
        client_id=erasure.client_id,
        by=command.by,
        classes=command.classes,
        swept=tuple(command.swept),
        awaited=tuple(each for each in FOLLOWERS if each in {by for by, _ in left}),
        followed_at=command.followed_at,
    )
    if left or erasure.undecided:
        return [followed]
    return [followed, *receipt_completed(command.request_id, erasure)]


def receipt_completed(request_id: UUID, erasure: Erasure) -> list[Any]:
    """That the receipt may go, once, where there is still an address for it."""
    if erasure.client_id is None or erasure.receipt_until is None or erasure.told:
        return []
    return [ErasureReceiptCompleted(request_id=request_id, client_id=erasure.client_id, until=erasure.receipt_until)]


def settle(command: SettleReceipt, erasure: Erasure) -> list[Any]:
    if erasure.client_id is None or erasure.receipt_until is None:
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


def assessed(command: Ask | Complete | Confirm, client_id: UUID, erasure: Erasure) -> list[Any]:
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
            undecided=found.undecided,
            holds=found.holds,
            stores=found.stores,
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
            undecided=tuple(each for each in erasure.undecided if each not in command.classes),
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
            found = Assessment(event.goes_now, event.kept, event.holds, event.undecided, event.stores)
            return took(replace(erasure, assessed=found), found)
        case ErasureConfirmed():
            confirmed = replace(erasure, status="confirmed")
            return confirmed if erasure.assessed is None else took(confirmed, erasure.assessed)
        case ErasureDeclined():
            return replace(erasure, status="declined")
        case ErasureReceiptPrepared() | ErasureReceiptSettled():
            return replace(erasure, receipt_until=getattr(event, "until", None))
        case ErasureReceiptCompleted():
            return replace(erasure, told=True)
        case ClientErased():
            awaited = erasure.awaited | {(by, each) for by in FOLLOWERS for each in event.classes}
            return replace(erasure, kept=event.kept, undecided=event.undecided, awaited=awaited)
        case ErasureFollowed():
            return replace(erasure, awaited=erasure.awaited - {(event.by, each) for each in event.classes})
        case _:
            raise TypeError(event)


def took(erasure: Erasure, found: Assessment) -> Erasure:
    """What an assessment leaves to a request that is confirmed; to any other it is no more than an answer."""
    if erasure.status != "confirmed":
        return erasure
    return replace(erasure, kept=found.kept, undecided=found.undecided)


ERASURE: Decider[Erasure, ErasureCommand] = Decider(Erasure(), decide, evolve)
