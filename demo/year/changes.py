"""How the house and its people change over an invented year: hours, closures, clocks, staff, who is one person.

It has draws of its own, so the rest of the year is the same without it.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from demo.year.asking import DAY, HOUR
from demo.year.chain import WEEKDAYS, Chain, Clinic, Therapist
from demo.year.rare import Stream, streams
from demo.year.telling import Teller, Told
from shared.events import scheduling as s, scheduling_corrections as corrections, treatment_history as history
from shared.events.scheduling_erasure import ClientErased
from shared.events.scheduling_people import ClientRegistered, ClientsMerged, ClientsUnmerged
from shared.events.treatment_reports import ReportRulesSet

OTHER_CLOCK = "Europe/Athens"
SHORT = timedelta(minutes=25)


def changed(teller: Teller, chain: Chain, draw: Random, first: date, days: int) -> None:
    """Tell what changes between the first day and the last."""
    for number, clinic in enumerate(chain.clinics):
        closures(teller, draw, clinic, first, days)
        special_days(teller, draw, clinic, first, days)
        new_terms(teller, clinic, number, first + days // 2 * DAY)
    if chain.therapists:
        leaves(teller, chain.therapists[-1], first + days * 4 // 5 * DAY)
    rules_at = at(first + days // 3 * DAY)
    rules = ReportRulesSet(closing_day=6, set_at=rules_at)
    teller.tell(rules_at, f"report_rules-{chain.id}", rules, actor="admin", role="chain_admin")
    for stream, told in streams(teller).items():
        if stream.startswith("appointment-"):
            visit(teller, draw, stream, told)
        elif stream.startswith("client-"):
            tried_before(teller, draw, told[0][1])
    people(teller, draw, first, days)


def at(day: date, hour: int = 12) -> datetime:
    return datetime.combine(day, time(hour), UTC)


def closures(teller: Teller, draw: Random, clinic: Clinic, first: date, days: int) -> None:
    """In each month one; some are longer than was said, some are lifted, of some people hear when they are over."""
    for start in range(10, days, 25):
        closure_id, day = UUID(int=draw.getrandbits(128), version=4), first + (start + draw.randrange(20)) * DAY
        ids: dict[str, Any] = {"closure_id": closure_id, "clinic_id": clinic.id}
        said_at = at(day - draw.choice((-6, 2, 9)) * DAY)
        stream = f"closure-{closure_id}"
        span: dict[str, Any] = {"starts_at": at(day, 10), "ends_at": at(day + DAY, 15), "reason": ""}
        teller.tell(said_at, stream, s.ClosureAdded(**ids, **span))
        fate = draw.random()
        if fate < 0.3:
            longer = span | {"ends_at": at(day + 2 * DAY, 11)}
            teller.tell(said_at + DAY, stream, s.ClosureChanged(**ids, **longer))
        elif fate < 0.5:
            teller.tell(said_at + DAY, stream, s.ClosureLifted(**ids))


def special_days(teller: Teller, draw: Random, clinic: Clinic, first: date, days: int) -> None:
    """Closed on some days, open shorter or in two parts on others; set twice, the second time with more."""
    parts = ((), (("09:00", "12:00"),), (("08:00", "11:00"), ("15:00", "20:00")))
    found: list[s.SpecialDay] = []
    for month, start in enumerate(range(5, days, 30)):
        hours = tuple(s.DayHours(opens=opens, closes=closes) for opens, closes in parts[month % len(parts)])
        found.append(s.SpecialDay(on=first + (start + draw.randrange(20)) * DAY, hours=hours))
    for share, told_at in ((2, first - 5 * DAY), (1, first + 40 * DAY)):
        some = tuple(found[: len(found) // share])
        set_ = s.ClinicSpecialDaysSet(clinic_id=clinic.id, special_days=some)
        teller.tell(at(told_at), f"clinic-{clinic.id}", set_)


def new_terms(teller: Teller, clinic: Clinic, number: int, day: date) -> None:
    """Other hours from the middle of the year on, said before or too late; every second clinic changes its clock."""
    told = next(
        each.event
        for each in teller.told
        if isinstance(each.event, s.ClinicTermsSet) and each.event.clinic_id == clinic.id
    )
    hours = tuple(s.Hours(weekday=weekday, opens="09:00", closes="19:30") for weekday in WEEKDAYS[:5])
    zone = OTHER_CLOCK if number % 2 else clinic.zone
    terms = replace(told, valid_from=day, time_zone=zone, opening_hours=hours)
    teller.tell(at(day - (30 if number % 2 else -4) * DAY), f"clinic-{clinic.id}", terms)


def leaves(teller: Teller, therapist: Therapist, last: date) -> None:
    gone = s.TherapistChanged(therapist_id=therapist.id, name="", languages=("en",), qualifications=(), leaves_on=last)
    teller.tell(at(last - DAY), f"therapist-{therapist.id}", gone)


def visit(teller: Teller, draw: Random, stream: str, told: Stream) -> None:
    """Some become shorter before they begin, some turn out to have been cancelled, some a therapist calls off."""
    fate, booked = draw.random(), told[0][1].event
    placed = [each.event for _, each in told if isinstance(each.event, s.AppointmentBooked | s.AppointmentMoved)][-1]
    names = ("clinic_id", "therapist_id", "room_id", "occupies", "starts_at", "ends_at", "starts_local", "time_zone")
    ids: dict[str, Any] = {"appointment_id": booked.appointment_id, "client_id": booked.client_id}
    where: dict[str, Any] = {name: getattr(placed, name) for name in names}
    before = placed.starts_at - timedelta(minutes=1)
    same = ("offering_id", "offering_version", "price", "buffer_before_minutes", "buffer_after_minutes")
    if fate < 0.02 and told[0][1].at < before:
        shorter = corrections.AppointmentChanged(
            **ids,
            initiator="clinic",
            reason_code=None,
            reason=None,
            **{name: getattr(booked, name) for name in (*same, "cancel_notice_minutes", "reminder_lead_minutes")},
            **where | {"ends_at": placed.starts_at + SHORT},
            notice_minutes=1,
        )
        teller.tell(before, stream, shorter)
    elif fate > 0.97 and isinstance(told[-1][1].event, s.AppointmentFulfilled):
        wrong = corrections.AppointmentStatusCorrected(
            **ids, before="fulfilled", after="cancelled", reason="", late=False, **where
        )
        teller.tell(told[-1][1].at + 2 * DAY, stream, wrong)
    elif fate < 0.7 and isinstance(told[-1][1].event, s.AppointmentCancelled):
        place, cancelled = told[-1]
        by = {"clinic": "therapist"}.get(cancelled.event.initiator, cancelled.event.initiator)
        teller.told[place] = replace(cancelled, event=replace(cancelled.event, initiator=by))


def tried_before(teller: Teller, draw: Random, registered: Told) -> None:
    """One in three had tried something else, of which one in six turns out never to have been."""
    if not isinstance(registered.event, ClientRegistered) or draw.random() > 1 / 3:
        return
    client_id, attempt_id = registered.event.client_id, UUID(int=draw.getrandbits(128), version=4)
    place: dict[str, Any] = {"injury_id": None, "target": "knee_joint", "region": None, "side": "right", "catalogue": 1}
    when: dict[str, Any] = {"provider_kind": "physiotherapist", "started": None, "ended": None, "result": None}
    tried = history.PriorAttemptRecorded(client_id=client_id, attempt_id=attempt_id, **place, **when, note=None)
    told_at, stream = registered.at + DAY, f"history-{client_id}"
    teller.tell(told_at, stream, tried, actor="therapist", role="therapist")
    if draw.random() < 1 / 6:
        error = history.HistoryEnteredInError(client_id=client_id, entry_id=attempt_id, reason="")
        teller.tell(told_at + 30 * DAY, stream, error, actor="therapist", role="therapist")


def people(teller: Teller, draw: Random, first: date, days: int) -> None:
    """One in twelve was registered and seen under two names, or under three; some of these are two people after all."""
    told = [each.event for each in teller.told]
    merged = {id_ for each in told if isinstance(each, ClientsMerged) for id_ in (each.client_id, each.into_id)}
    erased = {id_ for each in told if isinstance(each, ClientErased) for id_ in each.client_ids}
    there = {each.client_id for each in told if isinstance(each, ClientRegistered)} - merged - erased
    some = sorted(there, key=str)
    draw.shuffle(some)
    for one, other, third in [some[start : start + 3] for start in range(0, len(some) // 4 - 2, 3)]:
        merged_at = at(first) + draw.randrange(days * DAY // HOUR) * HOUR
        merging(teller, merged_at, one, other)
        fate = draw.random()
        if fate < 0.6:
            merging(teller, merged_at + DAY, other, third)
        if fate > 0.4:
            apart = ClientsUnmerged(client_id=one, from_id=third if fate < 0.6 else other)
            teller.tell(merged_at + 20 * DAY, f"merging-{one}", apart, role="manager")


def merging(teller: Teller, merged_at: datetime, client_id: UUID, into_id: UUID) -> None:
    event = ClientsMerged(client_id=client_id, into_id=into_id)
    teller.tell(merged_at, f"merging-{client_id}", event, role="manager")
