"""Which way a message takes to a person: never to a blocked address, never for a purpose that is not permitted.

STOP, bounces and complaints close an address; "stop asking me" closes a purpose; a preference only orders what is open.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar
from uuid import UUID

from shared.events.scheduling import Channel
from shared.events.scheduling_contacts import BlockCause, PointKind, Purpose, Via

Reason = Literal["no_contact", "blocked", "no_consent"]
Wish = Literal["any", "email", "sms"]

KIND: Mapping[Via, PointKind] = {"email": "email", "sms": "phone"}
VIA: Mapping[PointKind, Via] = {"email": "email", "phone": "sms"}
OF_THE_ADDRESS: frozenset[BlockCause] = frozenset({"stop", "bounce", "complaint"})
"""Causes that hold for everybody who has the address; `wrong_person` is about one client alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """An address of a client; `replaced` ones are remembered and never used."""

    id: UUID
    kind: PointKind
    address: str
    verified: bool = False
    blocked: BlockCause | None = None
    replaced: bool = False

    @property
    def key(self) -> str:
        """The same for two ways of writing one address."""
        return address_key(self.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """All that is known of reaching one person; `points` in the order in which they were added.

    `chosen` and `chosen_fallback` are the client's own wish; None: the client has not said.
    """

    points: tuple[Point, ...] = ()
    permissions: Mapping[tuple[Via, Purpose], bool] = field(default_factory=dict)
    chosen: Channel | None = None
    chosen_fallback: Channel | None = None

    @property
    def preferred(self) -> Channel:
        """What was chosen, else the channel that there is an address for; `none` wants no messages."""
        if self.chosen is not None:
            return self.chosen
        return next((via for via in KIND if self.current(KIND[via])), "none")

    @property
    def fallback(self) -> Channel:
        """What was chosen, else the other channel that there is an address for."""
        if self.chosen_fallback is not None:
            return self.chosen_fallback
        others = (via for via in KIND if via != self.preferred and self.current(KIND[via]))
        return "none" if self.preferred == "none" else next(others, "none")

    def point(self, point_id: UUID) -> Point | None:
        """The point with this id that is still in use."""
        return next((point for point in self.points if point.id == point_id and not point.replaced), None)

    def current(self, kind: PointKind) -> Point | None:
        """The address of a kind that is used: the newest that is not blocked, else the newest."""
        usable = [point for point in self.points if point.kind == kind and not point.replaced]
        open_ones = [point for point in usable if point.blocked is None]
        return next(reversed(open_ones or usable), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A permission given or withdrawn under an id; `despite` are the ids whose withdrawal ended with it."""

    client_id: UUID
    channel: Via
    purpose: Purpose
    given: bool
    despite: tuple[UUID, ...] = ()


Statement = TypeVar("Statement", bound=Said)


def in_force(person_id: UUID, said: Collection[Statement]) -> dict[tuple[Via, Purpose], Statement]:
    """What holds of all that was said under the ids of one person, for each channel and purpose.

    A permission counts under the id that goes on; a withdrawal under any, until the person as one says yes again.
    """
    ended = {(each.channel, each.purpose, other) for each in said if each.given for other in each.despite}
    own = {(each.channel, each.purpose): each for each in said if each.client_id == person_id}
    withdrawn = {
        (each.channel, each.purpose): each
        for each in said
        if not each.given and (each.channel, each.purpose, each.client_id) not in ended
    }
    return own | withdrawn


@dataclass(frozen=True, slots=True)
class Way:
    """A channel that is open, and the address at its end."""

    via: Via
    point: Point


@dataclass(frozen=True, slots=True)
class NoWay:
    """Why a person cannot be reached."""

    reason: Reason


def way_to(contacts: Contacts, purpose: Purpose = "appointment", wish: Wish = "any") -> Way | NoWay:
    """The way that a message takes: the preferred channel, the fallback, or the one wished for; else why not.

    Where none is open the reason is that of the first.
    """
    if contacts.preferred == "none":
        return NoWay("no_consent" if any(contacts.current(kind) for kind in VIA) else "no_contact")
    found = [along(contacts, via, purpose) for via in channels(contacts, wish)]
    return next((each for each in found if isinstance(each, Way)), found[0])


def channels(contacts: Contacts, wish: Wish) -> list[Via]:
    """The channels to try, in their order; at least one for who wants messages."""
    tried = (contacts.preferred, contacts.fallback) if wish == "any" else (wish,)
    return list(dict.fromkeys(via for via in tried if via != "none"))


def along(contacts: Contacts, via: Via, purpose: Purpose) -> Way | NoWay:
    point = contacts.current(KIND[via])
    if point is None:
        return NoWay("no_contact")
    if point.blocked is not None:
        return NoWay("blocked")
    return Way(via, point) if contacts.permissions.get((via, purpose)) else NoWay("no_consent")


def address_key(address: str) -> str:
    """What two spellings of one address have in common: mailboxes are the same in capitals, numbers are in E.164."""
    return address.casefold()
