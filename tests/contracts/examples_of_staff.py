"""One example of every event about staff, how they sign in, and how they reach records; the same rules as for all examples."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared.events import (
    scheduling_devices as devices,
    scheduling_identity as identity,
    scheduling_staff as staff,
    treatment_access as access,
)
from tests.contracts.who_and_when import (
    BREAK,
    CHAIN,
    CLIENT,
    CLINIC,
    COVER,
    DEVICE,
    ENDS_AT,
    GRANT,
    LATER,
    MEMBER,
    STARTS_AT,
    THERAPIST,
    VISIT,
)

ROLES = (staff.RoleGiven(role="front_desk", clinics=(CLINIC,)), staff.RoleGiven(role="manager", clinics=None))

FILLED: tuple[Any, ...] = (
    devices.DeviceDeclared(device_id=DEVICE, clinic_id=CLINIC, name="Room 2", declared_at=STARTS_AT),
    devices.DeviceRevoked(device_id=DEVICE, revoked_at=LATER),
    staff.StaffAdded(staff_id=MEMBER, name="Member Example", therapist_id=THERAPIST, roles=ROLES),
    staff.StaffRenamed(staff_id=MEMBER, name="Member Example"),
    staff.StaffLinked(staff_id=MEMBER, therapist_id=THERAPIST),
    staff.StaffRolesSet(staff_id=MEMBER, roles=ROLES),
    staff.StaffRolesClaimed(staff_id=MEMBER, roles=ROLES, claimed_at=STARTS_AT),
    staff.LoginAttached(staff_id=MEMBER, issuer="https://login.example.com/", subject="7e1f"),
    staff.LoginDetached(staff_id=MEMBER, issuer="https://login.example.com/", subject="7e1f"),
    staff.StaffDeactivated(staff_id=MEMBER),
    staff.StaffReactivated(staff_id=MEMBER, valid_from=STARTS_AT),
    staff.StaffRevoked(staff_id=MEMBER, valid_from=STARTS_AT),
    staff.StaffAddressSet(
        staff_id=MEMBER, address="member@example.com", locale="de", tells_former=True, by_owner=True, set_at=STARTS_AT
    ),
    staff.StaffAddressRemoved(staff_id=MEMBER, tells_former=True, removed_at=LATER),
    staff.StaffAddressRefused(staff_id=MEMBER, set_at=STARTS_AT, refused_at=LATER),
    identity.IdentityProviderSet(
        chain_id=CHAIN,
        issuer="https://login.example.com/",
        application_id="synergist",
        application_secret="a secret",
        audience="https://api.example.com",
        scope="openid profile groups",
        groups_claim="groups",
        roles=(
            identity.GroupRole(group="desk", role="front_desk", clinics=(CLINIC,)),
            identity.GroupRole(group="owners", role="chain_admin", clinics=None),
        ),
        enabled=True,
        valid_from=STARTS_AT,
    ),
    identity.IdentityProviderRemoved(chain_id=CHAIN, issuer="https://login.example.com/"),
    access.AccessGranted(
        client_id=CLIENT,
        grant_id=GRANT,
        basis="visit",
        appointment_id=VISIT,
        clinic_id=CLINIC,
        therapist_id=THERAPIST,
        subject=str(MEMBER),
        self_booked=True,
        granted_at=STARTS_AT,
        until=LATER,
    ),
    access.CoverStarted(
        cover_id=COVER,
        clinic_id=CLINIC,
        subject=str(MEMBER),
        time_zone="Europe/Berlin",
        day_starts_at=datetime(2026, 3, 1, 23, 0, tzinfo=UTC),
        day_ends_at=datetime(2026, 3, 2, 23, 0, tzinfo=UTC),
        started_at=STARTS_AT,
        until=datetime(2026, 3, 2, 23, 0, tzinfo=UTC),
    ),
    access.CoverEnded(cover_id=COVER, ended_at=ENDS_AT),
    access.GlassBroken(
        client_id=CLIENT,
        break_id=BREAK,
        subject=str(MEMBER),
        clinic_id=CLINIC,
        reason="Fainted in the waiting room.",
        broken_at=STARTS_AT,
        until=ENDS_AT,
    ),
    access.GlassReviewed(
        client_id=CLIENT, break_id=BREAK, outcome="justified", note="Spoken about it.", reviewed_at=LATER
    ),
)

ABSENT: Mapping[type, Mapping[str, Any]] = {
    staff.StaffAdded: {"therapist_id": None, "roles": None},
    staff.StaffLinked: {"therapist_id": None},
    staff.StaffRolesSet: {"roles": None},
    staff.StaffAddressSet: {"locale": None},
    identity.IdentityProviderSet: {"audience": None},
    access.GlassBroken: {"clinic_id": None},
    access.GlassReviewed: {"note": None},
}
