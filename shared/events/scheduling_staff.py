"""Who works for a chain: people, the logins by which they come in, and the roles that were given to them here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from shared.events.registry import Personal, event

StaffRole = Literal["therapist", "front_desk", "manager", "chain_admin"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGiven:
    """A role at these clinics, in the order of their ids; None: at all clinics of the chain."""

    role: StaffRole
    clinics: tuple[UUID, ...] | None


@event("scheduling.staff_added.v1")
class StaffAdded:
    """`roles` None: those that the identity provider claims for the person's logins."""

    staff_id: UUID
    name: Annotated[str, Personal("identity", "staff_id")]
    therapist_id: UUID | None
    roles: tuple[RoleGiven, ...] | None


@event("scheduling.staff_renamed.v1")
class StaffRenamed:
    staff_id: UUID
    name: Annotated[str, Personal("identity", "staff_id")]


@event("scheduling.staff_linked.v1")
class StaffLinked:
    """The therapist whom visits name when this person treats; None: nobody any more."""

    staff_id: UUID
    therapist_id: UUID | None


@event("scheduling.staff_roles_set.v1")
class StaffRolesSet:
    """`roles` None: those that the identity provider claims for the person's logins."""

    staff_id: UUID
    roles: tuple[RoleGiven, ...] | None


@event("scheduling.staff_roles_claimed.v1")
class StaffRolesClaimed:
    """What the identity provider claimed for somebody who came in then, to whom no roles were given here."""

    staff_id: UUID
    roles: tuple[RoleGiven, ...]
    claimed_at: datetime


@event("scheduling.login_attached.v1")
class LoginAttached:
    """`subject` is the provider's own opaque id of a login, as tokens name it."""

    staff_id: UUID
    issuer: str
    subject: str


@event("scheduling.login_detached.v1")
class LoginDetached:
    """The login is shut out until it is attached again."""

    staff_id: UUID
    issuer: str
    subject: str


@event("scheduling.staff_deactivated.v1")
class StaffDeactivated:
    staff_id: UUID


@event("scheduling.staff_reactivated.v1")
class StaffReactivated:
    """Tokens and sessions from before `valid_from` stay worthless."""

    staff_id: UUID
    valid_from: datetime


@event("scheduling.staff_revoked.v1")
class StaffRevoked:
    """Tokens and sessions from before `valid_from` are worthless; who signs in again comes in again."""

    staff_id: UUID
    valid_from: datetime


@event("scheduling.staff_address_set.v1")
class StaffAddressSet:
    """Where somebody of the staff is told that something waits for them, and in which language; None: the chain's own.

    `tells_former`: the address before is to hear that another took its place. `by_owner`: it is known from the person
    themselves, who had signed in.
    """

    staff_id: UUID
    address: Annotated[str, Personal("contact", "staff_id")]
    locale: str | None
    tells_former: bool
    by_owner: bool
    set_at: datetime


@event("scheduling.staff_address_removed.v1")
class StaffAddressRemoved:
    """Somebody of the staff is told nowhere any more; `tells_former`: the address is to hear of it."""

    staff_id: UUID
    tells_former: bool
    removed_at: datetime


@event("scheduling.staff_address_refused.v1")
class StaffAddressRefused:
    """No mailbox takes what is sent to the address that was set then: letters to this person arrive nowhere."""

    staff_id: UUID
    set_at: datetime
    refused_at: datetime
