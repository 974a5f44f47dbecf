"""What a message is made of when it is sent: its row, and scheduling's answer about what it tells and who gets it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from shared.erasure_receipt.receipt import Erased
from workers.messages.plan import Announcement, Channel, Kind, Via
from workers.messages.quiet import QuietHours

FileName = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9][a-zA-Z0-9_.-]{0,99}\Z")]
"""Fits into a header as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A row of `due_messages` that a sender holds; `attempts` counts those before.

    A letter is about no visit: `about` is the id of what was asked for, and there is no `visit_starts_at`. One to staff
    names `staff_id` instead of a client, and the clinic in whose name it is.
    """

    key: str
    kind: Kind
    announcement: Announcement | None
    chain_id: UUID
    client_id: UUID | None
    about: UUID
    visit_starts_at: datetime | None
    not_after: datetime
    quiet_hours: QuietHours | None
    attempts: int
    via: Via = "any"
    staff_id: UUID | None = None
    clinic_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    line: str
    city: str
    region: str
    postal_code: str
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitShown:
    """A visit as it stands now; `initiator` is who moved or cancelled it last, `time_zone` the clinic's.

    `client_name` is who comes, when that is not the person told.
    """

    id: UUID
    status: str
    version: int
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    therapist_name: str
    clinic_name: str
    clinic_phone: str
    address: Address
    latitude_e6: int
    longitude_e6: int
    initiator: str | None = None
    disrupted: bool = False
    client_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """The person told, and the way: `address` is what the channel takes.

    `receipt` is by what scheduling finds the message again in a report, `status_url` where an SMS provider reports.
    `also` are the other visits of which a confirmation tells, to the same person; each may be answered by itself.
    `reply_to` is where an answer is read, if anywhere; `asks`: a bare word of an answer confirms the visit.
    """

    name: str
    address: str
    channel: Channel
    time_zone: str
    locale: str
    link: str
    receipt: str
    status_url: str | None
    chain_name: str
    visit: VisitShown
    reply_to: str | None = None
    asks: bool = False
    also: tuple["Recipient", ...] = ()

    @property
    def together(self) -> tuple["Recipient", ...]:
        """The visit and the others as far as they are still booked; none where there are no others."""
        return tuple(each for each in (self, *self.also) if each.visit.status == "booked") if self.also else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message about no visit: the address, and the link that it brings, which works until `good_until`.

    It names nobody, because nobody knows yet who reads at an address that is not verified, or that others have as well:
    there `whose` is the initial of whom it is about. A link that works so many times only has `uses`.
    """

    address: str
    channel: Channel
    time_zone: str
    locale: str
    link: str
    good_until: datetime
    receipt: str
    status_url: str | None
    chain_name: str
    uses: int | None = None
    whose: str | None = None
    reply_to: None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureReceipt:
    """What somebody is told who was forgotten; a provider's report of it would find nobody any more."""

    address: str
    channel: Channel
    locale: str
    chain_name: str
    erased: Erased
    receipt: None = None
    status_url: None = None
    reply_to: None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A few words: that something waits for somebody of the staff behind a sign-in, or that an address was changed.

    It names nobody, and says nothing of what waits. `address_set_at` tells which address of the staff it goes to,
    `time_zone` is the clock by which they work. `files`: whether any may go there.
    """

    address: str
    channel: Channel
    locale: str
    chain_name: str
    link: str | None
    address_set_at: datetime | None
    time_zone: str | None = None
    files: bool = False
    receipt: None = None
    status_url: None = None
    reply_to: None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosed:
    """A file in a mail; `title` is for people."""

    file_name: FileName
    title: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """The reports of a closed period that somebody has: how the period is called by programs, and by people.

    `files` and `figures` come along where the chain allows it, `more` says that not all of them do.
    """

    period: str
    title: str
    files: tuple[Enclosed, ...] = ()
    figures: tuple[Enclosed, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportNotice(Notice):
    """That reports of a period wait behind a sign-in; the pictures and files apart, without a number or a name."""

    reports: Reports


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Scheduling's word that this message cannot or must not go out."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Where a message about no visit goes; what it leads to is somebody else's to say.

    `whose` is an initial where others than the client read there.
    """

    address: str
    channel: Channel
    time_zone: str
    locale: str
    receipt: str
    status_url: str | None
    chain_name: str
    whose: str | None = None

    def leading_to(self, link: str, good_until: datetime) -> Letter:
        """The letter that brings a link."""
        known = {name: getattr(self, name) for name in self.__slots__}
        return Letter(link=link, good_until=good_until, **known)


@dataclass(frozen=True, slots=True)
class Unwanted:
    """Treatment's word that a question is not asked any more, or homework not done."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotKnown:
    """Nobody could say yet; it is asked again."""


Message = Recipient | Letter | ErasureReceipt | Notice
Answer = Message | Unreachable | Unwanted | NotKnown
