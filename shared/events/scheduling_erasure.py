"""What scheduling has recorded of letting go: how long clinics keep records, who is to be forgotten, what went."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from shared.events.registry import DataClass, Personal, event

HoldKind = Literal["visit", "visit_of_another", "contact_task", "acts_for"]
AskedBy = Literal["client", "guardian", "clinic"]
ReceiptOutcome = Literal["sent", "failed", "expired"]
Follower = Literal["treatment", "workers"]
Keeper = Literal["scheduling", "treatment", "workers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A class of data that has to stay: it goes on the day `until`, by the rule of the clinic that needs it longest."""

    data_class: DataClass
    until: date
    clinic_id: UUID
    last_entry_on: date
    years: int
    minors_until_age: int | None
    policy_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """What has to be settled before anything can go: the visit, task or relation with this id."""

    kind: HoldKind
    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A store of a service that has something of the client and goes with the class; `rows` None: not counted yet."""

    service: Keeper
    store: str
    rows: int | None
    data_class: DataClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """How many rows of a store of a service went."""

    service: Keeper
    store: str
    rows: int


@event("scheduling.clinic_retention_set.v1")
class ClinicRetentionSet:
    """How long the clinic keeps records: years after the last entry, those of minors at least until an age."""

    clinic_id: UUID
    years: int
    minors_until_age: int | None
    policy_version: int


@event("scheduling.erasure_requested.v1")
class ErasureRequested:
    """A client wants to be forgotten; `client_ids` are all ids of the person, the one they go by first."""

    request_id: UUID
    client_id: UUID
    client_ids: tuple[UUID, ...]
    asked_by: AskedBy
    locale: str
    requested_at: datetime


@event("scheduling.erasure_assessed.v1")
class ErasureAssessed:
    """What goes as soon as it is confirmed, what is kept until when and why, and what has to be settled before.

    `undecided` classes stay until treatment has said when the last entry was; what is confirmed is assessed anew then.
    """

    request_id: UUID
    client_id: UUID
    assessed_on: date
    goes_now: tuple[DataClass, ...]
    kept: tuple[Kept, ...]
    undecided: tuple[DataClass, ...]
    holds: tuple[Hold, ...]
    stores: tuple[Stored, ...]


@event("scheduling.erasure_declined.v1")
class ErasureDeclined:
    request_id: UUID
    client_id: UUID
    reason: Annotated[str, Personal("contact", "client_id")]
    declined_at: datetime


@event("scheduling.erasure_confirmed.v1")
class ErasureConfirmed:
    request_id: UUID
    client_id: UUID
    confirmed_at: datetime


@event("scheduling.erasure_receipt_prepared.v1")
class ErasureReceiptPrepared:
    """A receipt will be mailed: the address is kept for that alone, under a key of the request, until `until`."""

    request_id: UUID
    client_id: UUID
    address: Annotated[str | None, Personal("contact", "request_id")]
    until: datetime


@event("scheduling.erasure_receipt_completed.v1")
class ErasureReceiptCompleted:
    """All who follow have let go, so the receipt tells of everything and may be mailed, until `until`."""

    request_id: UUID
    client_id: UUID
    until: datetime


@event("scheduling.erasure_receipt_settled.v1")
class ErasureReceiptSettled:
    """The receipt was sent, could not be, or was not in time; the address is gone."""

    request_id: UUID
    client_id: UUID
    outcome: ReceiptOutcome
    settled_at: datetime


@event("scheduling.client_erased.v1")
class ClientErased:
    """The keys of these classes of a person are gone, and whatever was made with them; `kept` goes later.

    Whoever follows lets go of the same, for all of `client_ids`. `undecided` classes stay until treatment has said when
    the last entry was.
    """

    request_id: UUID
    client_id: UUID
    client_ids: tuple[UUID, ...]
    classes: tuple[DataClass, ...]
    kept: tuple[Kept, ...]
    undecided: tuple[DataClass, ...]
    keys: int
    swept: tuple[Swept, ...]
    erased_at: datetime


@event("scheduling.erasure_followed.v1")
class ErasureFollowed:
    """A service that follows has let go of these classes, too; `awaited` are those that have not said so of all."""

    request_id: UUID
    client_id: UUID
    by: Follower
    classes: tuple[DataClass, ...]
    swept: tuple[Swept, ...]
    awaited: tuple[Follower, ...]
    followed_at: datetime
