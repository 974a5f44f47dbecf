"""One invented client: registered, booked, seen, asked, and at the end discharged, lost, merged or forgotten."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from demo.year.asking import DAY, HOUR, Asking
from demo.year.care import Care, charted
from demo.year.chain import MINUTES, Chain, Clinic, Therapist
from demo.year.telling import Teller
from shared.events import scheduling as s, treatment_episodes as e
from shared.events.scheduling_corrections import AppointmentStatusCorrected, Status
from shared.events.scheduling_erasure import ClientErased
from shared.events.scheduling_people import ClientRegistered, ClientsMerged

AHEAD_DAYS = 40
"""So far from the wish a free time is looked for."""


@dataclass
class Visit:
    """A visit as it stands; `by` is who is to see the client."""

    id: UUID
    by: Therapist
    clinic: Clinic
    starts_at: datetime

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=MINUTES)

    @property
    def stream(self) -> str:
        return f"appointment-{self.id}"


@dataclass
class Life:
    """A client's year; `ids` are the ids under which they are known, the last one is used."""

    teller: Teller
    chain: Chain
    last: date
    ids: list[UUID]
    lead: Therapist
    care: Care

    @property
    def client_id(self) -> UUID:
        return self.ids[-1]

    def chance(self, share: float) -> bool:
        return self.teller.random.random() < share


def lived(teller: Teller, chain: Chain, first: date, days: int) -> None:
    """Tell of one client from their first call on; what would be after the last day is not told."""
    draw = teller.random
    called_at = datetime.combine(first + timedelta(days=draw.randrange(days)), datetime.min.time(), UTC) + 10 * HOUR
    client_id, lead = teller.new_id(), draw.choice(chain.therapists)
    care = new_care(teller, client_id, called_at)
    life = Life(teller, chain, first + timedelta(days=days), [client_id], lead, care)
    register(life, called_at - timedelta(minutes=5))
    if life.chance(0.1):
        remembered(life, called_at)
    ended_at = episode(life, called_at)
    if ended_at and life.chance(0.25):
        ended_at = episode(life, ended_at + timedelta(days=draw.randint(20, 120)))
    if life.chance(0.015):
        merged(life, (ended_at or called_at) + 2 * DAY)
    if life.chance(0.015):
        forgotten(life, (ended_at or called_at) + 45 * DAY)


def new_care(teller: Teller, client_id: UUID, at: datetime) -> Care:
    episode_id = teller.new_id()
    return Care(episode_id, teller.random.randint(2, 9), Asking(teller, client_id, episode_id), at)


def register(life: Life, at: datetime) -> None:
    registered = ClientRegistered(client_id=life.client_id, name="", time_zone="Europe/Berlin", locale="en")
    life.teller.tell(at, f"client-{life.client_id}", registered)


def remembered(life: Life, at: datetime) -> None:
    """A visit of the year before is entered after the fact, when the client comes again."""
    day = at.date() - timedelta(days=life.teller.random.randint(200, 600))
    slots = life.lead.slots(day) or life.lead.slots(day - 3 * DAY)
    if slots:
        starts_at, clinic = slots[0]
        visit = Visit(life.teller.new_id(), life.lead, clinic, starts_at)
        life.teller.tell(at, visit.stream, booked(life, visit, at, happened=True), attended(life, visit))


def episode(life: Life, at: datetime) -> datetime | None:
    """An episode of care from the first call to its end; gives when it was discharged, None where it just stops."""
    draw, opened = life.teller.random, False
    visits = min(12, 1 + int(draw.expovariate(1 / 5)))
    wish, booked_at = at + timedelta(days=draw.randint(1, 10)), at
    life.care = new_care(life.teller, life.client_id, at)
    for number in range(visits):
        visit = found(life, wish, booked_at)
        if visit is None:
            return None
        seen_at = happens(life, visit, booked_at)
        if seen_at is None:
            wish, booked_at = visit.starts_at + 5 * DAY, visit.starts_at + DAY
            continue
        if not opened:
            open_episode(life, visit)
            opened = True
        written_at = charted(life.teller, life.care, visit, life.client_id) if life.chance(0.96) else seen_at
        if life.chance(0.6):
            plan_next(life, visit, written_at)
        if number == 3 and life.chance(0.15):
            transfer(life, written_at + HOUR)
        soon = life.chance(0.7)
        booked_at = seen_at + (timedelta(minutes=draw.randint(0, 60)) if soon else timedelta(days=draw.randint(2, 12)))
        wish = max(visit.starts_at + timedelta(days=draw.choice((7, 7, 14, 21))), booked_at + HOUR)
    if opened and life.chance(0.8):
        return discharge(life, max(booked_at, life.care.written_at) + draw.randint(1, 20) * DAY)
    return None


def found(life: Life, wish: datetime, booked_at: datetime) -> Visit | None:
    """The first free time from the wish on, taken; None when there is none until the last day."""
    for ahead in range(AHEAD_DAYS):
        day = wish.date() + timedelta(days=ahead)
        if day > life.last:
            return None
        slots = [slot for slot in life.lead.slots(day) if slot[0] > booked_at]
        if slots:
            starts_at, clinic = life.teller.random.choice(slots)
            life.lead.taken.add(starts_at)
            visit = Visit(life.teller.new_id(), life.lead, clinic, starts_at)
            life.teller.tell(booked_at, visit.stream, booked(life, visit, booked_at))
            return visit
    return None


def booked(life: Life, visit: Visit, at: datetime, *, happened: bool = False) -> s.AppointmentBooked:
    return s.AppointmentBooked(
        appointment_id=visit.id,
        booking_id=visit.id,
        booked_by="desk",
        client_id=life.client_id,
        participants=(s.Participant(client_id=life.client_id, role="client"),),
        offering_id=life.chain.offering,
        offering_version=1,
        price=None,
        **where(life, visit),
        buffer_before_minutes=0,
        buffer_after_minutes=10,
        cancel_notice_minutes=1440,
        reminder_lead_minutes=(2880, 120),
        notice_minutes=notice(visit, at),
        min_notice_minutes=0,
        happened=happened,
    )


def where(life: Life, visit: Visit) -> dict[str, Any]:
    return {
        "clinic_id": visit.clinic.id,
        "therapist_id": visit.by.id,
        "room_id": None,
        "occupies": (
            s.Occupied(kind="therapist", id=visit.by.id, role="practitioner"),
            s.Occupied(kind="client", id=life.client_id, role="client"),
        ),
        "starts_at": visit.starts_at,
        "ends_at": visit.ends_at,
        "starts_local": f"{visit.starts_at:%Y-%m-%dT%H:%M}",
        "time_zone": visit.clinic.zone,
    }


def notice(visit: Visit, at: datetime) -> int:
    return int((visit.starts_at - at).total_seconds() // 60)


def happens(life: Life, visit: Visit, booked_at: datetime) -> datetime | None:
    """What becomes of a visit; gives when it was over if the client was seen, None if not."""
    draw, told_at = life.teller.random, booked_at
    if life.chance(0.15):
        told_at = moved(life, visit, booked_at)
    fate = draw.random()
    if fate < 0.13:
        by: s.Initiator = "client" if fate < 0.1 else "clinic"
        cancelled(life, visit, told_at, by)
        return None
    if fate < 0.18:
        return missed(life, visit)
    arrived = s.AppointmentArrived(
        appointment_id=visit.id, client_id=life.client_id, happened_at=visit.starts_at - timedelta(minutes=5)
    )
    late = draw.choice((0, 0, 0, 0, 0, 0, 0, 0, 1, 9)) * DAY
    if late < DAY:
        life.teller.tell(arrived.happened_at, visit.stream, arrived)
    over_at = visit.ends_at + late + timedelta(minutes=draw.randint(0, 30))
    life.teller.tell(over_at, visit.stream, attended(life, visit))
    if life.chance(0.01):
        corrected(life, visit, over_at + 3 * DAY, "fulfilled", "noshow")
        return None
    return visit.ends_at


def moved(life: Life, visit: Visit, booked_at: datetime) -> datetime:
    """To the next free time of the same therapist, a few days on, now and then by the clinic; gives when."""
    at = booked_at + (visit.starts_at - booked_at) * life.teller.random.random()
    for ahead in range(1, 15):
        day = visit.starts_at.date() + timedelta(days=ahead)
        slots = visit.by.slots(day) if day <= life.last else []
        if slots:
            previous, (visit.starts_at, visit.clinic) = visit.starts_at, slots[0]
            visit.by.taken ^= {previous, visit.starts_at}
            notice_minutes = int((previous - at).total_seconds() // 60)
            event = s.AppointmentMoved(
                appointment_id=visit.id,
                client_id=life.client_id,
                initiator="clinic" if life.chance(0.2) else "client",
                reason_code=None,
                reason=None,
                **where(life, visit),
                previous_starts_at=previous,
                notice_minutes=notice_minutes,
                late=notice_minutes < 1440,
            )
            life.teller.tell(at, visit.stream, event)
            return at
    return booked_at


def cancelled(life: Life, visit: Visit, told_at: datetime, by: s.Initiator) -> None:
    at = told_at + (visit.starts_at - told_at) * life.teller.random.random()
    visit.by.taken.discard(visit.starts_at)
    event = s.AppointmentCancelled(
        appointment_id=visit.id,
        client_id=life.client_id,
        initiator=by,
        reason_code=None,
        reason=None,
        notice_minutes=notice(visit, at),
        cancel_notice_minutes=1440,
        late=by == "client" and notice(visit, at) < 1440,
    )
    life.teller.tell(at, visit.stream, event)


def missed(life: Life, visit: Visit) -> datetime | None:
    """Nobody came; or so the desk thought, and puts it right two days later."""
    at = visit.ends_at + HOUR
    event = s.AppointmentMissed(appointment_id=visit.id, client_id=life.client_id, happened_at=at, reason=None)
    life.teller.tell(at, visit.stream, event)
    if not life.chance(0.2):
        return None
    corrected(life, visit, at + 2 * DAY, "noshow", "fulfilled")
    return visit.ends_at


def attended(life: Life, visit: Visit) -> s.AppointmentFulfilled:
    """Two in three with the minutes that it took, which may be more than were planned."""
    minutes = life.teller.random.choice((None, 45, 50, 50, 55, 70))
    return s.AppointmentFulfilled(
        appointment_id=visit.id,
        client_id=life.client_id,
        happened_at=visit.ends_at,
        actual_starts_at=visit.starts_at if minutes else None,
        actual_ends_at=visit.starts_at + timedelta(minutes=minutes) if minutes else None,
    )


def corrected(life: Life, visit: Visit, at: datetime, was: Status, became: Status) -> None:
    event = AppointmentStatusCorrected(
        appointment_id=visit.id,
        client_id=life.client_id,
        before=was,
        after=became,
        reason="",
        late=False,
        **where(life, visit),
    )
    life.teller.tell(at, visit.stream, event)


def open_episode(life: Life, visit: Visit) -> None:
    """At the first visit, mostly with a baseline."""
    care, at = life.care, visit.starts_at + timedelta(minutes=2)
    ids: dict[str, Any] = {"episode_id": care.episode_id, "client_id": life.client_id}
    opened = e.EpisodeOpened(
        **ids,
        target=care.complaint,
        side=care.side,
        catalogue=1,
        complaint=None,
        lead_therapist_id=life.lead.id,
        clinic_id=visit.clinic.id,
        opened_from="visit",
        appointment_id=visit.id,
        happened_at=at,
    )
    life.teller.tell(at, f"episode-{care.episode_id}", opened, actor="therapist", role="therapist")
    if life.chance(0.85):
        worst = min(10, care.pain + 2)
        baseline = e.BaselineSet(**ids, nrs_now=care.pain, nrs_worst=worst, nrs_average=care.pain, happened_at=at)
        life.teller.tell(at, f"episode-{care.episode_id}", baseline, actor="therapist", role="therapist")


def plan_next(life: Life, visit: Visit, at: datetime) -> None:
    """By when the client is to come again, or that nothing is planned any more."""
    weeks = life.teller.random.choice((None, 1, 1, 2, 3))
    on = None if weeks is None else visit.starts_at.date() + timedelta(weeks=weeks)
    ids: dict[str, Any] = {"episode_id": life.care.episode_id, "client_id": life.client_id}
    event = e.NextVisitPlanned(**ids, on=on, happened_at=at)
    life.teller.tell(at, f"episode-{life.care.episode_id}", event, actor="therapist", role="therapist")


def transfer(life: Life, at: datetime) -> None:
    others = [each for each in life.chain.therapists if each is not life.lead]
    if not others:
        return
    life.lead = life.teller.random.choice(others)
    event = e.EpisodeTransferred(
        episode_id=life.care.episode_id,
        client_id=life.client_id,
        lead_therapist_id=life.lead.id,
        clinic_id=life.lead.shifts[0].clinic.id,
        reason="",
        happened_at=at,
    )
    life.teller.tell(at, f"episode-{life.care.episode_id}", event, actor="therapist", role="therapist")


def discharge(life: Life, at: datetime) -> datetime:
    """The end of an episode, with whatever is still open of it."""
    outcome: e.Outcome = life.teller.random.choice(("goal_met", "goal_met", "plateau", "referred", "client_choice"))
    event = e.EpisodeDischarged(
        episode_id=life.care.episode_id,
        client_id=life.client_id,
        outcome=outcome,
        planned=outcome == "goal_met",
        happened_at=at,
    )
    life.teller.tell(at, f"episode-{life.care.episode_id}", event, actor="therapist", role="therapist")
    life.care.discharged(life.teller, life.client_id, at)
    return at


def merged(life: Life, at: datetime) -> None:
    """Somebody had registered them a second time; the first record goes into the second, which had no visit yet."""
    before = life.client_id
    life.ids.append(life.teller.new_id())
    register(life, at - HOUR)
    event = ClientsMerged(client_id=before, into_id=life.client_id)
    life.teller.tell(at, f"merging-{before}", event, role="manager")


def forgotten(life: Life, at: datetime) -> None:
    event = ClientErased(
        request_id=life.teller.new_id(),
        client_id=life.client_id,
        client_ids=tuple(life.ids),
        classes=("identity", "contact", "clinical"),
        kept=(),
        undecided=(),
        keys=3,
        swept=(),
        erased_at=at,
    )
    life.teller.tell(at, f"client-{life.client_id}", event, role="chain_admin")
