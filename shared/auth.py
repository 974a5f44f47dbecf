"""Who is calling and in which roles: an identity is what a token or a session proves, a caller is what came of it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

Role = Literal["therapist", "front_desk", "manager", "chain_admin", "service"]
THERAPIST: Role = "therapist"
FRONT_DESK: Role = "front_desk"
MANAGER: Role = "manager"
CHAIN_ADMIN: Role = "chain_admin"
SERVICE: Role = "service"
RECENT_SECONDS = 300
"""How old a sign-in may be for what needs a recent one."""

STAFF: tuple[Role, ...] = (THERAPIST, FRONT_DESK, MANAGER, CHAIN_ADMIN)


class NotAuthenticated(Exception):
    """A valid bearer token is needed."""


class IssuerAway(Exception):
    """The identity provider that the token comes from cannot be asked for its keys right now."""


class NotAllowed(Exception):
    """Your role does not allow this."""


class NoBasis(NotAllowed):
    """Nothing opens this client's record to you: no visit, no alert, no cover, no broken glass."""


class SignInAgain(NotAuthenticated):
    """Only somebody who has signed in within the last five minutes may do this; sign in again."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role at all clinics of the chain (`clinics` is None) or at some."""

    role: Role
    clinics: frozenset[UUID] | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody whom an issuer vouches for, since `issued_at`, with the roles that it claims for them.

    `chain_id` is None for one of our own services alone. `signed_in_at`: when they last showed who they are, where the
    issuer says it.
    """

    issuer: str
    subject: str
    chain_id: UUID | None
    issued_at: datetime
    claimed: tuple[Grant, ...]
    signed_in_at: datetime | None = None

    def must_be_recent(self, now: datetime) -> None:
        """Raise SignInAgain unless the issuer says that the person has signed in just now, in a token as new.

        A new token alone shows nothing: refreshing makes one while nobody is there.
        """
        if self.signed_in_at is None or now - min(self.signed_in_at, self.issued_at) > timedelta(
            seconds=RECENT_SECONDS
        ):
            raise SignInAgain

    def caller(self) -> "Caller":
        """The caller with exactly the roles that are claimed."""
        subject = self.subject if self.chain_id is None else f"{self.issuer} {self.subject}"
        return Caller(subject, self.chain_id, self.claimed, issuer=self.issuer)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, in the roles that count for it: `subject` is a staff id, or issuer and subject of an unknown login.

    `given_here`: the chain itself gave the roles, not its identity provider, which is the `issuer`.
    """

    subject: str
    chain_id: UUID | None
    grants: tuple[Grant, ...]
    staff_id: UUID | None = None
    therapist_id: UUID | None = None
    given_here: bool = False
    issuer: str = ""

    def among(self, roles: Iterable[Role]) -> "Caller":
        """The caller with no other roles than these; raises NotAllowed."""
        wanted = set(roles)
        held = tuple(grant for grant in self.grants if grant.role in wanted)
        if not held:
            raise NotAllowed
        return replace(self, grants=held)

    @property
    def role(self) -> Role:
        """The first of the caller's roles; raises NotAllowed."""
        if not self.grants:
            raise NotAllowed
        return self.grants[0].role

    @property
    def clinics(self) -> frozenset[UUID] | None:
        """Where the caller's roles hold; None for everywhere."""
        limits = [grant.clinics for grant in self.grants]
        return None if None in limits else frozenset().union(*filter(None, limits))

    def may_act_at(self, clinic_id: UUID) -> bool:
        """Whether one of the caller's roles holds at the clinic."""
        return any(grant.clinics is None or clinic_id in grant.clinics for grant in self.grants)

    def must_act_at(self, *clinic_ids: UUID) -> None:
        """Refuse with NotAllowed when none of the caller's roles holds at one of the clinics."""
        if not all(map(self.may_act_at, clinic_ids)):
            raise NotAllowed("Your role does not hold at this clinic.")

    def must_act_at_one_of(self, clinic_ids: Collection[UUID]) -> None:
        """Refuse with NotAllowed when there are clinics and none of the caller's roles holds at any of them."""
        if clinic_ids and not any(map(self.may_act_at, clinic_ids)):
            raise NotAllowed("Your role holds at none of these clinics.")

    def must_act_everywhere(self) -> None:
        """Refuse with NotAllowed when each of the caller's roles holds at some clinics only."""
        if all(grant.clinics is not None for grant in self.grants):
            raise NotAllowed("Your role holds at some clinics only, and this concerns them all.")
