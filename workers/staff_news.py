"""What staff are told of: alerts, opened records, closed reports, another address; and what settles it unsaid."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid5

from sqlalchemy import Connection

from shared.events import scheduling_staff as staff, treatment_access, treatment_alerts, treatment_reports
from shared.reports.ids import period_id_of
from shared.staff import keep_standing
from workers.messages import staff as to_staff
from workers.place import Place


def know_staff(connection: Connection, event: Any, place: Place) -> None:
    """Who works here and in which roles, without names: so that it is known whom a letter to staff goes to."""
    keep_standing(connection, event, chain_id=place.chain_id, version=place.version)


def know_address(
    connection: Connection, event: staff.StaffAddressSet | staff.StaffAddressRemoved, place: Place
) -> None:
    """Greet a new address, which shows whether anything arrives there, and tell the one before."""
    know_staff(connection, event, place)
    is_open = isinstance(event, staff.StaffAddressSet)
    to_staff.know_mailbox(connection, event.staff_id, place.chain_id, is_open=is_open)
    if is_open:
        to_staff.want(connection, place.occasion("staff_address", event.staff_id), [event.staff_id])
    if event.tells_former:
        to_staff.want(connection, place.occasion("staff_former", event.staff_id), [event.staff_id])


def know_refusal(connection: Connection, event: staff.StaffAddressRefused, place: Place) -> None:
    know_staff(connection, event, place)
    to_staff.know_mailbox(connection, event.staff_id, place.chain_id, is_open=False)


def tell_of_glass(connection: Connection, event: treatment_access.GlassBroken, place: Place) -> None:
    occasion = place.occasion("staff_glass", event.break_id, event.clinic_id)
    to_staff.tell_roles(connection, occasion, caused_by=event.subject)


def tell_of_own_visit(connection: Connection, event: treatment_access.AccessGranted, place: Place) -> None:
    """Once a day for each clinic: whoever plans their own day would fill their manager's mailbox otherwise."""
    if event.self_booked:
        occasion = place.occasion("staff_review", event.grant_id, event.clinic_id)
        daily = replace(occasion, name=f"{uuid5(event.clinic_id, event.subject)}:{event.granted_at.date()}")
        to_staff.tell_roles(connection, daily, caused_by=event.subject)


def settle_glass(connection: Connection, event: treatment_access.GlassReviewed, place: Place) -> None:
    del place
    to_staff.withdraw(connection, event.break_id, ["staff_glass"])


def tell_of_alert(connection: Connection, event: treatment_alerts.AlertRaised, place: Place) -> None:
    """To the therapist who leads; where nobody is known to be that, to the managers at once."""
    occasion = place.occasion("staff_alert", event.alert_id, event.clinic_id)
    if not to_staff.tell_lead(connection, occasion, event.therapist_id):
        to_staff.tell_roles(connection, replace(occasion, letter="staff_escalated"))


def escalate_alert(connection: Connection, event: treatment_alerts.AlertEscalated, place: Place) -> None:
    to_staff.tell_roles(connection, place.occasion("staff_escalated", event.alert_id, event.clinic_id))


def settle_alert(
    connection: Connection, event: treatment_alerts.AlertAcknowledged | treatment_alerts.AlertClosed, place: Place
) -> None:
    del place
    to_staff.withdraw(connection, event.alert_id, ["staff_alert", "staff_escalated"])


def tell_of_reports(connection: Connection, event: treatment_reports.ReportPeriodClosed, place: Place) -> None:
    """Once for each period, to whoever has reports of it; what was closed long after its moment is no news."""
    about = period_id_of(place.chain_id, event.period)
    occasion = place.occasion("staff_report", about)
    to_staff.tell_readers(connection, replace(occasion, name=str(about), at=event.as_of_at))


HANDLERS: Mapping[type, Callable[[Connection, Any, Place], None]] = {
    staff.LoginAttached: know_staff,
    staff.LoginDetached: know_staff,
    staff.StaffAdded: know_staff,
    staff.StaffAddressRefused: know_refusal,
    staff.StaffAddressRemoved: know_address,
    staff.StaffAddressSet: know_address,
    staff.StaffDeactivated: know_staff,
    staff.StaffLinked: know_staff,
    staff.StaffReactivated: know_staff,
    staff.StaffRenamed: know_staff,
    staff.StaffRevoked: know_staff,
    staff.StaffRolesClaimed: know_staff,
    staff.StaffRolesSet: know_staff,
    treatment_access.AccessGranted: tell_of_own_visit,
    treatment_access.GlassBroken: tell_of_glass,
    treatment_access.GlassReviewed: settle_glass,
    treatment_alerts.AlertAcknowledged: settle_alert,
    treatment_alerts.AlertClosed: settle_alert,
    treatment_alerts.AlertEscalated: escalate_alert,
    treatment_alerts.AlertRaised: tell_of_alert,
    treatment_reports.ReportPeriodClosed: tell_of_reports,
}
