"""What the two logs say, up to a position of each: every thing with all that was told of it, in its order."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar, cast
from uuid import UUID

from demo.year.telling import Entry
from shared.events import (
    scheduling as s,
    scheduling_corrections as corrections,
    scheduling_erasure as erasure,
    scheduling_people as people,
    treatment_alerts as a,
    treatment_check_ins as c,
    treatment_episodes as e,
    treatment_history as history,
    treatment_patterns as p,
    treatment_sessions as t,
)

Found = TypeVar("Found")
ATTENDED = {"arrived", "fulfilled"}
ENTRIES = (
    t.MuscleTested,
    t.MuscleRetested,
    t.ReleaseApplied,
    t.ActivationPerformed,
    t.PainScored,
    t.BodyChartMarked,
    t.BodyworkGiven,
)
PATTERN_EVENTS = tuple(each for name, each in vars(p).items() if name.startswith("Pattern"))
CHECK_IN_EVENTS = (c.CheckInOpened, c.CheckInAnswered, c.CheckInCorrected, c.CheckInCancelled)


@dataclass
class Visit:
    id: UUID
    client_id: UUID
    made_at: datetime
    therapist_id: UUID
    clinic_id: UUID
    starts_at: datetime
    ends_at: datetime
    status: str = "booked"
    actual: tuple[datetime, datetime] | None = None
    initiator: str | None = None
    notice_minutes: int | None = None
    never_stood: bool = False

    @property
    def is_attended(self) -> bool:
        return self.status in ATTENDED

    @property
    def cancelled_at(self) -> datetime | None:
        if self.status != "cancelled" or self.notice_minutes is None:
            return None
        return self.starts_at - timedelta(minutes=self.notice_minutes)

    def stands_at(self, moment: datetime) -> bool:
        """Whether it was made by then, and not cancelled by then."""
        if self.never_stood or self.made_at > moment:
            return False
        return self.cancelled_at is None or self.cancelled_at > moment


@dataclass
class Episode:
    id: UUID
    opened: e.EpisodeOpened
    told: list[Any] = field(default_factory=list)

    def before(self, moment: datetime) -> list[Any]:
        """What had happened before a moment, in the order in which it did."""
        return sorted((each for each in self.told if each.happened_at < moment), key=lambda each: each.happened_at)

    def led_by(self, moment: datetime) -> tuple[UUID, UUID]:
        """Therapist and clinic."""
        leads = [x for x in self.before(moment) if isinstance(x, e.EpisodeOpened | e.EpisodeTransferred)]
        last = leads[-1] if leads else self.opened
        return last.lead_therapist_id, last.clinic_id

    def status_at(self, moment: datetime) -> str:
        status = "none"
        for each in self.before(moment):
            match each:
                case e.EpisodeOpened() | e.EpisodeReopened() | e.EpisodeResumed():
                    status = "active"
                case e.EpisodeHeld():
                    status = "held"
                case e.EpisodeDischarged():
                    status = "discharged"
                case _:
                    pass
        return status

    def discharged_at(self, moment: datetime) -> datetime | None:
        """When it ended, if it has ended by that moment and was not opened again."""
        ends = [x.happened_at for x in self.before(moment) if isinstance(x, e.EpisodeDischarged)]
        return ends[-1] if ends and self.status_at(moment) == "discharged" else None


@dataclass
class Session:
    started: t.SessionStarted
    episode_id: UUID | None
    appointment_id: UUID | None
    entries: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    signed_at: datetime | None = None
    in_error: bool = False
    addenda: list[datetime] = field(default_factory=list)

    def of_kind(self, *kinds: type) -> list[dict[str, Any]]:
        return [each for each in self.entries.values() if isinstance(each["event"], kinds)]


@dataclass
class CheckIn:
    planned: c.CheckInPlanned
    told: list[Any] = field(default_factory=list)
    sent: set[int] = field(default_factory=set)
    failed: set[int] = field(default_factory=set)

    def first(self, kind: type) -> Any:
        return next((each for each in self.told if isinstance(each, kind)), None)

    @property
    def score(self) -> int | None:
        return self.said.score if self.said else None

    @property
    def said(self) -> Any:
        """The answer as corrected."""
        answers = [x for x in self.told if isinstance(x, c.CheckInAnswered | c.CheckInCorrected)]
        return answers[-1] if answers else None


@dataclass
class Story:
    """All of it; `erased` are the moments at which persons were forgotten."""

    visits: dict[UUID, Visit] = field(default_factory=dict)
    episodes: dict[UUID, Episode] = field(default_factory=dict)
    sessions: dict[UUID, Session] = field(default_factory=dict)
    check_ins: dict[UUID, CheckIn] = field(default_factory=dict)
    patterns: dict[UUID, list[Any]] = field(default_factory=lambda: defaultdict(list))
    alerts: dict[UUID, list[Any]] = field(default_factory=lambda: defaultdict(list))
    into: dict[UUID, UUID] = field(default_factory=dict)
    attempts: dict[UUID, UUID] = field(default_factory=dict)
    erased: dict[UUID, datetime] = field(default_factory=dict)
    terms: dict[UUID, list[s.ClinicTermsSet]] = field(default_factory=lambda: defaultdict(list))
    rotas: dict[UUID, tuple[s.RotaEntry, ...]] = field(default_factory=dict)
    leaves_on: dict[UUID, date | None] = field(default_factory=dict)
    time_off: dict[UUID, s.TimeOffAdded | s.TimeOffChanged] = field(default_factory=dict)
    special_days: dict[UUID, tuple[s.SpecialDay, ...]] = field(default_factory=dict)
    closures: dict[UUID, s.ClosureAdded | s.ClosureChanged] = field(default_factory=dict)

    found: dict[Any, Any] = field(default_factory=dict)

    def kept(self, key: tuple[Any, ...], find: Callable[[], Found]) -> Found:
        """What was found once is not looked for again."""
        if key not in self.found:
            self.found[key] = find()
        return cast(Found, self.found[key])

    def person(self, client_id: UUID) -> UUID:
        while client_id in self.into:
            client_id = self.into[client_id]
        return client_id

    @cached_property
    def visits_of(self) -> dict[UUID, list[Visit]]:
        """By person."""
        return gathered((self.person(each.client_id), each) for each in self.visits.values())

    @cached_property
    def check_ins_of(self) -> dict[UUID, list[CheckIn]]:
        """By person."""
        return gathered((self.person(each.planned.client_id), each) for each in self.check_ins.values())

    @cached_property
    def sessions_of(self) -> dict[UUID, list[Session]]:
        """By person, without those that never were."""
        return gathered(
            (self.person(each.started.client_id), each) for each in self.sessions.values() if not each.in_error
        )

    @cached_property
    def tried(self) -> set[UUID]:
        """Persons who had tried something else before."""
        return {self.person(each) for each in self.attempts.values()}

    @cached_property
    def episodes_of(self) -> dict[UUID, list[Episode]]:
        """By person."""
        return gathered((self.person(each.opened.client_id), each) for each in self.episodes.values())


def gathered(pairs: Iterable[tuple[UUID, Any]]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for key, each in pairs:
        found[key].append(each)
    return found


def told(entries: Iterable[Entry], at: datetime) -> Story:
    """The story of all that was recorded by a moment."""
    story = Story()
    for entry in entries:
        if entry.recorded_at <= at:
            tell(story, entry)
    return story


def tell(story: Story, entry: Entry) -> None:
    event = entry.event
    if hasattr(event, "appointment_id") and entry.stream.startswith("appointment-"):
        tell_visit(story, event)
    elif hasattr(event, "episode_id") and entry.stream.startswith("episode-"):
        if isinstance(event, e.EpisodeOpened):
            story.episodes[event.episode_id] = Episode(event.episode_id, event)
        story.episodes[event.episode_id].told.append(event)
    elif entry.stream.startswith("session-"):
        tell_session(story, event)
    elif entry.stream.startswith("check_ins-"):
        tell_check_in(story, event)
    elif isinstance(event, PATTERN_EVENTS):
        story.patterns[event.pattern_id].append(event)
    elif isinstance(event, a.AlertRaised | a.AlertAcknowledged | a.AlertClosed):
        story.alerts[event.alert_id].append(event)
    else:
        tell_house(story, event)


def tell_visit(story: Story, event: Any) -> None:
    if isinstance(event, s.AppointmentBooked):
        made_at = event.starts_at - timedelta(minutes=event.notice_minutes)
        where = (event.therapist_id, event.clinic_id, event.starts_at, event.ends_at)
        story.visits[event.appointment_id] = Visit(event.appointment_id, event.client_id, made_at, *where)
    visit = story.visits[event.appointment_id]
    if isinstance(
        event,
        s.AppointmentBooked
        | s.AppointmentMoved
        | corrections.AppointmentStatusCorrected
        | corrections.AppointmentChanged,
    ):
        visit.therapist_id, visit.clinic_id = event.therapist_id, event.clinic_id
        visit.starts_at, visit.ends_at = event.starts_at, event.ends_at
    match event:
        case s.AppointmentArrived():
            visit.status = "arrived"
        case s.AppointmentFulfilled():
            visit.status = "fulfilled"
            begun, ended = event.actual_starts_at, event.actual_ends_at
            visit.actual = (begun, ended) if begun and ended else None
        case s.AppointmentMissed():
            visit.status = "noshow"
        case s.AppointmentCancelled():
            visit.status, visit.initiator, visit.notice_minutes = "cancelled", event.initiator, event.notice_minutes
        case corrections.AppointmentStatusCorrected():
            visit.status, visit.actual, visit.initiator, visit.notice_minutes = event.after, None, None, None
            visit.never_stood = event.after == "cancelled"
        case _:
            pass


def tell_session(story: Story, event: Any) -> None:
    if isinstance(event, t.SessionStarted):
        story.sessions[event.session_id] = Session(event, event.episode_id, event.appointment_id)
        return
    session = story.sessions[event.session_id]
    match event:
        case t.SessionLinked():
            session.episode_id, session.appointment_id = event.episode_id, event.appointment_id
        case t.SessionSigned():
            session.signed_at = session.signed_at or event.signed_at
        case t.AddendumAppended():
            session.addenda.append(event.happened_at)
        case t.AmendmentMade() | t.EntryRevised():
            session.entries[event.entry_id] |= event.changes
        case t.EnteredInError(entry_id=None):
            session.in_error = True
        case t.EnteredInError(entry_id=UUID() as entry_id):
            session.entries.pop(entry_id, None)
        case _ if isinstance(event, ENTRIES):
            values = {name: getattr(event, name) for name in event.__dataclass_fields__}
            [entry_id] = [
                values[name]
                for name in ("test_id", "release_id", "activation_id", "score_id", "mark_id", "bodywork_id")
                if name in values
            ]
            session.entries[entry_id] = values | {"event": event}
        case _:
            pass


def tell_check_in(story: Story, event: Any) -> None:
    match event:
        case c.CheckInPlanned():
            story.check_ins[event.check_in_id] = CheckIn(event)
        case c.CheckInSent():
            story.check_ins[event.check_in_id].sent.add(event.ordinal)
        case c.CheckInUndeliverable():
            story.check_ins[event.check_in_id].failed.add(event.ordinal)
        case _ if isinstance(event, CHECK_IN_EVENTS):
            story.check_ins[event.check_in_id].told.append(event)
        case _:
            pass


def tell_house(story: Story, event: Any) -> None:  # noqa: C901, PLR0912 - one case for each event
    match event:
        case s.ClinicTermsSet():
            story.terms[event.clinic_id].append(event)
        case s.TherapistAdded() | s.TherapistChanged():
            story.leaves_on[event.therapist_id] = event.leaves_on
        case s.TherapistRotaSet():
            story.rotas[event.therapist_id] = event.entries
        case s.TimeOffAdded() | s.TimeOffChanged():
            story.time_off[event.time_off_id] = event
        case s.TimeOffWithdrawn():
            story.time_off.pop(event.time_off_id, None)
        case s.ClinicSpecialDaysSet():
            story.special_days[event.clinic_id] = event.special_days
        case s.ClosureAdded() | s.ClosureChanged():
            story.closures[event.closure_id] = event
        case s.ClosureLifted():
            story.closures.pop(event.closure_id, None)
        case people.ClientsMerged():
            story.into[event.client_id] = event.into_id
        case people.ClientsUnmerged():
            story.into.pop(event.client_id, None)
        case history.PriorAttemptRecorded():
            story.attempts[event.attempt_id] = event.client_id
        case history.HistoryEnteredInError():
            story.attempts.pop(event.entry_id, None)
        case erasure.ClientErased():
            for client_id in event.client_ids:
                story.erased[client_id] = event.erased_at
        case _:
            pass
