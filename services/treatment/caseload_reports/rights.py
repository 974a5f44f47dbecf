"""Whose reports are open to whom: managers have those of their clinics and of who works there, therapists their own.

A role that holds at all clinics opens all reports of its chain. Of a therapist's own report others have the variant
without small outcomes; the whole one is theirs alone.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from shared.auth import CHAIN_ADMIN, MANAGER, Caller, NotAllowed, Role
from shared.decider import NotThere
from shared.events.treatment_reports import ScopeKind
from shared.http.operations import Call

CLINIC = text("SELECT ARRAY[clinic_id] FROM clinics WHERE clinic_id = :id")
THERAPIST = text("SELECT clinic_ids FROM therapists WHERE therapist_id = :id")
OPEN = """
    (:all OR scope_kind = 'clinic' AND scope_id = ANY(CAST(:clinics AS uuid[]))
      OR scope_kind = 'therapist' AND (scope_id = CAST(:therapist_id AS uuid) OR EXISTS (
        SELECT FROM therapists WHERE therapist_id = scope_id AND clinic_ids && CAST(:clinics AS uuid[]))))
"""
"""The condition on a report, for `opened_to`."""


def opened_to(caller: Caller) -> dict[str, Any]:
    """Whose reports are listed for somebody, as values of OPEN."""
    clinics = managed_by(caller)
    return {"all": clinics is None, "clinics": sorted(clinics or ()), "therapist_id": caller.therapist_id}


def must_open(call: Call, kind: ScopeKind, scope_id: UUID) -> None:
    """Raises NotThere for who or what is not of the chain, and NotAllowed."""
    caller, clinics = call.caller, managed_by(call.caller)
    there = clinics_of(call, kind, scope_id)
    is_own = kind == "therapist" and scope_id == caller.therapist_id
    if not is_own and clinics is not None and clinics.isdisjoint(there):
        raise NotAllowed("This report is of others.")


def must_see(call: Call, kind: ScopeKind, scope_id: UUID) -> None:
    """As `must_open`, for a report that is not there for those whose roles hold elsewhere."""
    where = call.caller.clinics
    there = clinics_of(call, kind, scope_id)
    is_own = kind == "therapist" and scope_id == call.caller.therapist_id
    if not is_own and kind != "chain" and where is not None and where.isdisjoint(there):
        raise NotThere
    must_open(call, kind, scope_id)


def hash_for(row: Row[Any], therapist_id: UUID | None) -> str:
    """Which document of a published report somebody has: of their own the whole one."""
    is_own = row.own_hash is not None and row.scope_id == therapist_id
    digest: str = row.own_hash if is_own else row.hash
    return digest


def clinics_of(call: Call, kind: ScopeKind, scope_id: UUID) -> frozenset[UUID]:
    """The clinic, or those where the therapist works now; none for the chain. Raises NotThere."""
    if kind == "chain":
        if scope_id != call.chain_id:
            raise NotThere
        return frozenset()
    found = call.connection.execute(CLINIC if kind == "clinic" else THERAPIST, {"id": scope_id}).scalar()
    if found is None:
        raise NotThere
    return frozenset(found)


def managed_by(caller: Caller) -> frozenset[UUID] | None:
    """The clinics that somebody manages; None for all."""
    return held_at(caller, {MANAGER, CHAIN_ADMIN})


def held_at(caller: Caller, roles: Collection[Role]) -> frozenset[UUID] | None:
    """The clinics at which somebody holds any of these roles; None for all."""
    limits = [grant.clinics for grant in caller.grants if grant.role in roles]
    return None if None in limits else frozenset[UUID]().union(*filter(None, limits))
