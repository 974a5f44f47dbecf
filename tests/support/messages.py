"""Builders of what messages are made from; every field is filled, a test names only those it is about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.ids import new_id
from workers.messages.model import (
    Address,
    Due,
    Enclosed,
    Letter,
    Notice,
    Recipient,
    ReportNotice,
    Reports,
    VisitShown,
)
from workers.messages.plan import Audience, Place, Visit

BERLIN = "Europe/Berlin"
CHAIN = UUID("0199aaaa-0000-7000-8000-000000000001")


def at(wall: str, zone: str = BERLIN) -> datetime:
    """An instant from a wall-clock time, such as `2026-11-24 10:00`."""
    return datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def visit(**fields: Any) -> Visit:
    """A visit at ten in Berlin, booked two weeks before, with reminders two days and two hours ahead."""
    starts_at = fields.pop("starts_at", at("2026-11-24 10:00"))
    booked_at = fields.get("timed_at", starts_at - timedelta(days=14))
    announced_at = fields.get("announced_at", booked_at)
    made = Visit(
        appointment_id=new_id(),
        chain_id=CHAIN,
        client_id=new_id(),
        status="booked",
        place=a_place(starts_at),
        told=None,
        time_zone=BERLIN,
        lead_minutes=(2880, 120),
        timed_version=1,
        timed_at=booked_at,
        announced_version=1,
        announced_at=announced_at,
        announced_due_at=announced_at,
    )
    return replace(made, **fields)


def a_place(starts_at: datetime) -> Place:
    """Three quarters of an hour somewhere, with somebody."""
    return Place(new_id(), new_id(), starts_at, starts_at + timedelta(minutes=45))


def audience(**fields: Any) -> Audience:
    return replace(Audience(time_zone=BERLIN), **fields)


def due(**fields: Any) -> Due:
    starts_at = at("2026-11-24 10:00")
    appointment = new_id()
    made = Due(
        key=f"confirmation:{appointment}:1",
        kind="confirmation",
        announcement="booked",
        chain_id=CHAIN,
        client_id=new_id(),
        about=appointment,
        visit_starts_at=starts_at,
        not_after=starts_at,
        quiet_hours=None,
        attempts=0,
    )
    return replace(made, **fields)


def visit_shown(**fields: Any) -> VisitShown:
    starts_at = fields.get("starts_at", at("2026-11-24 10:00"))
    made = VisitShown(
        id=new_id(),
        status="booked",
        version=1,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=45),
        time_zone=BERLIN,
        therapist_name="Demo Therapist",
        clinic_name="Demo Clinic North",
        clinic_phone="+49 30 0000000",
        address=Address(line="Demo Street 1", city="Berlin", region="", postal_code="10115", country="DE"),
        latitude_e6=52_532_600,
        longitude_e6=13_384_900,
        initiator=None,
    )
    return replace(made, **fields)


NUMBER = "+491510000000"


def letter(**fields: Any) -> Letter:
    """A message about no visit, to an e-mail address."""
    made = Letter(
        address=NUMBER if fields.get("channel") == "sms" else "client@demo.example",
        channel="email",
        time_zone=BERLIN,
        locale="en",
        link="https://demo.example/l/demo.token/everything",
        good_until=at("2026-11-24 10:00"),
        uses=5,
        receipt="demo.receipt",
        status_url=None,
        chain_name="Demo Chain",
    )
    return replace(made, **fields)


def staff_notice(**fields: Any) -> Notice:
    """A letter to somebody of the staff."""
    made = Notice(
        address="colleague@demo.example",
        channel="email",
        locale="en",
        chain_name="Demo Chain",
        link="https://care.demo.example/staff/alerts",
        address_set_at=at("2026-11-01 10:00"),
    )
    return replace(made, **fields)


def report_notice(**fields: Any) -> ReportNotice:
    """A letter about a closed period, with files and a picture."""
    files = tuple(
        Enclosed(file_name=f"caseload-clinic-2026-10-1234.{kind}", title=kind.upper(), content=kind.encode())
        for kind in ("pdf", "csv")
    )
    figure = Enclosed(file_name="utilisation-1234.png", title="Utilisation by day", content=b"a picture")
    reports = Reports(period="2026-10", title="October 2026", files=files, figures=(figure,), more=True)
    notice = staff_notice(link="https://care.demo.example/reports?period=2026-10")
    known = {name: getattr(notice, name) for name in Notice.__slots__}
    return replace(ReportNotice(**known, reports=reports), **fields)


def recipient(shown: VisitShown | None = None, **fields: Any) -> Recipient:
    """A client who is told by e-mail, or at NUMBER when the channel is SMS."""
    made = Recipient(
        name="Demo Client",
        address=NUMBER if fields.get("channel") == "sms" else "client@demo.example",
        channel="email",
        time_zone=BERLIN,
        locale="en",
        link="https://demo.example/l/demo.token",
        receipt="demo.receipt",
        status_url=None,
        chain_name="Demo Chain",
        visit=shown or visit_shown(),
    )
    return replace(made, **fields)
