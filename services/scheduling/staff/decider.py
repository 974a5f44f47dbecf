"""The life of one member of staff. Its rule: who is inactive gets nothing new but a way back."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias, assert_never
from uuid import UUID

from shared.decider import Decider, NotThere, Refused
from shared.events.scheduling_staff import (
    LoginAttached,
    LoginDetached,
    RoleGiven,
    StaffAdded,
    StaffAddressRefused,
    StaffAddressRemoved,
    StaffAddressSet,
    StaffDeactivated,
    StaffLinked,
    StaffReactivated,
    StaffRenamed,
    StaffRevoked,
    StaffRolesClaimed,
    StaffRolesSet,
)

Roles: TypeAlias = tuple[RoleGiven, ...] | None
Login: TypeAlias = tuple[str, str]
"""Issuer and subject."""

CLAIM_NOTED_EVERY = timedelta(days=7)
"""Whoever comes in by the same claims is noted as seldom as that."""


class StaffInactive(Refused):
    """The person does not work here any more; reactivate them first."""

    code = "staff_inactive"


class NoSuchLogin(Refused):
    """No such login is attached to the person."""

    code = "no_such_login"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """Where somebody is written to; `by_owner`: they have said so themselves; `refused`: nothing arrives there."""

    address: str | None = None
    locale: str | None = None
    set_at: datetime | None = None
    by_owner: bool = False
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """One member of staff; `name` None before the first event."""

    id: UUID | None = None
    name: str | None = None
    therapist_id: UUID | None = None
    roles: Roles = ()
    claimed: Roles = None
    claimed_at: datetime | None = None
    logins: frozenset[Login] = field(default=frozenset())
    active: bool = True
    mailbox: Mailbox = Mailbox()

    @property
    def runs_the_chain(self) -> bool:
        """Whether they come in, and as a chain_admin for all of the chain by a role that was given here."""
        everywhere = any(each.role == "chain_admin" and each.clinics is None for each in self.roles or ())
        return self.active and everywhere and bool(self.logins)


@dataclass(frozen=True, slots=True)
class AddStaff:
    added: StaffAdded


@dataclass(frozen=True, slots=True)
class Rename:
    name: str


@dataclass(frozen=True, slots=True)
class LinkTherapist:
    therapist_id: UUID | None


@dataclass(frozen=True, slots=True)
class SetRoles:
    roles: Roles


@dataclass(frozen=True, slots=True)
class ClaimRoles:
    """Somebody came in, for whom the provider claims these; they say nothing where roles were given here."""

    roles: tuple[RoleGiven, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class AttachLogin:
    login: Login


@dataclass(frozen=True, slots=True)
class DetachLogin:
    login: Login


@dataclass(frozen=True, slots=True)
class Deactivate:
    pass


@dataclass(frozen=True, slots=True)
class Reactivate:
    now: datetime


@dataclass(frozen=True, slots=True)
class Revoke:
    """End all sessions and tokens of now."""

    now: datetime


@dataclass(frozen=True, slots=True)
class SetAddress:
    """Write to this person there; `address` None: nowhere. `by_owner`: the person themselves says so."""

    address: str | None
    locale: str | None
    by_owner: bool
    now: datetime


@dataclass(frozen=True, slots=True)
class RefuseAddress:
    """Nothing arrives at the address that was set then."""

    set_at: datetime
    now: datetime


StaffCommand: TypeAlias = (
    AddStaff
    | Rename
    | LinkTherapist
    | SetRoles
    | ClaimRoles
    | AttachLogin
    | DetachLogin
    | Deactivate
    | Reactivate
    | Revoke
    | SetAddress
    | RefuseAddress
)


def decide(command: StaffCommand, member: Member) -> list[Any]:
    if isinstance(command, AddStaff):
        return [command.added]
    if member.id is None:
        raise NotThere
    if not member.active and isinstance(command, LinkTherapist | SetRoles | AttachLogin | SetAddress):
        raise StaffInactive
    return changes(command, member, member.id)


def changes(  # noqa: C901, PLR0911, PLR0912 - one case for each command
    command: StaffCommand, member: Member, staff_id: UUID
) -> list[Any]:
    match command:
        case Rename(name):
            return [] if name == member.name else [StaffRenamed(staff_id=staff_id, name=name)]
        case LinkTherapist(therapist_id):
            same = therapist_id == member.therapist_id
            return [] if same else [StaffLinked(staff_id=staff_id, therapist_id=therapist_id)]
        case SetRoles(roles):
            return [] if roles == member.roles else [StaffRolesSet(staff_id=staff_id, roles=roles)]
        case ClaimRoles():
            return claimed(command, member, staff_id)
        case AttachLogin((issuer, subject) as login):
            attached = LoginAttached(staff_id=staff_id, issuer=issuer, subject=subject)
            return [] if login in member.logins else [attached]
        case DetachLogin((issuer, subject) as login):
            if login not in member.logins:
                raise NoSuchLogin
            return [LoginDetached(staff_id=staff_id, issuer=issuer, subject=subject)]
        case Deactivate():
            return [StaffDeactivated(staff_id=staff_id)] if member.active else []
        case Reactivate(now):
            return [] if member.active else [StaffReactivated(staff_id=staff_id, valid_from=now)]
        case Revoke(now):
            return [StaffRevoked(staff_id=staff_id, valid_from=now)]
        case SetAddress():
            return address_set(command, member.mailbox, staff_id)
        case RefuseAddress(set_at, now):
            known = member.mailbox.refused or member.mailbox.set_at != set_at
            return [] if known else [StaffAddressRefused(staff_id=staff_id, set_at=set_at, refused_at=now)]
        case AddStaff(added):
            return [added]
        case _:
            assert_never(command)


def claimed(command: ClaimRoles, member: Member, staff_id: UUID) -> list[Any]:
    """What is new, or has not been heard for some time."""
    if member.roles is not None or not member.active:
        return []
    is_old = member.claimed_at is None or command.now - member.claimed_at >= CLAIM_NOTED_EVERY
    if command.roles == member.claimed and not is_old:
        return []
    return [StaffRolesClaimed(staff_id=staff_id, roles=command.roles, claimed_at=command.now)]


def address_set(command: SetAddress, before: Mailbox, staff_id: UUID) -> list[Any]:
    """Another mailbox or language, or the owner's word for it; one that took nothing is not told that it was left."""
    same = command.address == before.address
    locale = None if command.address is None else command.locale
    by_owner = command.address is not None and (command.by_owner or (same and before.by_owner))
    if same and (locale, by_owner) == (before.locale, before.by_owner) and not before.refused:
        return []
    tells = before.address is not None and not same and not before.refused
    if command.address is None:
        return [StaffAddressRemoved(staff_id=staff_id, tells_former=tells, removed_at=command.now)]
    return [
        StaffAddressSet(
            staff_id=staff_id,
            address=command.address,
            locale=locale,
            tells_former=tells,
            by_owner=by_owner,
            set_at=command.now,
        )
    ]


def evolve(member: Member, event: Any) -> Member:  # noqa: C901, PLR0911, PLR0912 - one case for each event
    match event:
        case StaffAdded():
            return Member(event.staff_id, event.name, event.therapist_id, event.roles)
        case StaffRenamed():
            return replace(member, name=event.name)
        case StaffLinked():
            return replace(member, therapist_id=event.therapist_id)
        case StaffRolesSet():
            return replace(member, roles=event.roles, claimed=None, claimed_at=None)
        case StaffRolesClaimed():
            return replace(member, claimed=event.roles, claimed_at=event.claimed_at)
        case LoginAttached():
            return replace(member, logins=member.logins | {(event.issuer, event.subject)})
        case LoginDetached():
            left = member.logins - {(event.issuer, event.subject)}
            return replace(member, logins=left, claimed=None, claimed_at=None)
        case StaffDeactivated():
            return replace(member, active=False)
        case StaffReactivated():
            return replace(member, active=True)
        case StaffRevoked():
            return member
        case StaffAddressSet(address=address, locale=locale, by_owner=by_owner, set_at=set_at):
            return replace(member, mailbox=Mailbox(address=address, locale=locale, by_owner=by_owner, set_at=set_at))
        case StaffAddressRemoved():
            return replace(member, mailbox=Mailbox())
        case StaffAddressRefused():
            return replace(member, mailbox=replace(member.mailbox, refused=True))
        case _:
            raise TypeError(event)


STAFF: Decider[Member, StaffCommand] = Decider(Member(), decide, evolve)
