"""Twelve episodes of care of the demo chain, charted by its therapist: among them a pattern in every state there is.

What is charted already is left as it is: a client who has as many patterns as their episode ends with is passed over.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time as clock, timedelta
from zoneinfo import ZoneInfo

import httpx

from demo import bodies
from demo.api import content
from demo.chain import FOLLOW_UP, RIVER
from demo.people import CLIENTS, Client
from demo.practice import Ids, Json, Pair, Practice, Session
from demo.visits import PITCH

WHO = "therapist-02"
"""Who is at work in the mornings, and has no other visits in the demo."""

FIRST_HOUR, A_DAY = 6, 6
"""Visits begin at six, and six fit into a morning."""

PATIENCE_SECONDS, PAUSE_SECONDS = 60, 0.2
KNEE = Pair(overactive=("tensor_fasciae_latae", "right"), inhibited=("gluteus_maximus", "right"))
BACK = Pair(overactive=("quadratus_lumborum", "left"), inhibited=("gluteus_medius", "left"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One client's episode up to their visit of these days; `ends` is what their patterns come to, in their order.

    It began so many `days` before the visit.
    """

    client: Client
    number: int
    days: int
    ends: tuple[str, ...]
    tell: Callable[["Care"], None]

    @property
    def key(self) -> str:
        return f"episode-{self.number:02}"

    def starts_at(self, founded_at: datetime) -> datetime:
        """On one of the two days before the chain was founded."""
        zone = ZoneInfo(RIVER.time_zone)
        day = founded_at.astimezone(zone).date() - timedelta(days=1 + self.number // A_DAY)
        return datetime.combine(day, clock(FIRST_HOUR), zone) + self.number % A_DAY * PITCH

    def visit(self, ids: "Known", founded_at: datetime) -> Json:
        """The visit as it is entered, after it took place."""
        wish = {"offering_id": ids.offerings[FOLLOW_UP], "clinic_id": ids.clinics[RIVER.key]}
        wish |= {"therapist_id": ids.therapists[WHO], "client_id": ids.clients[self.client.key]}
        happened = {"starts_at": self.starts_at(founded_at).isoformat(), "happened": True, "status": "fulfilled"}
        return wish | happened | bodies.known_as(self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The ids of what was loaded, by key."""

    clinics: Ids
    offerings: Ids
    therapists: Ids
    clients: Ids


@dataclass(frozen=True, slots=True)
class Care:
    """What a course is charted with."""

    practice: Practice
    client_id: str
    episode_id: str
    visit_id: str
    seen_at: datetime

    def session(self, days_ago: int = 0) -> Session:
        """The session of the visit, or one so many days before it, of which there is no visit any more."""
        began_at = self.seen_at - timedelta(days=days_ago)
        visit_id = None if days_ago else self.visit_id
        return Session(self.practice, self.client_id, f"{days_ago} days", began_at, self.episode_id, visit_id)

    def found(self, session: Session, pair: Pair = KNEE, *, pain: int = 6) -> tuple[str, str]:
        """A pattern confirmed and corrected in one session, and the test of it that failed."""
        session.pain(pain, "before")
        failed, held = session.find(pair)
        loop = session.correct(pair, failed)
        session.chart()
        pattern_id = self.practice.pattern(session, pair)
        self.practice.change(pattern_id, "confirm", session_id=session.id, failed_test_id=failed, held_test_id=held)
        self.practice.change(pattern_id, "correct", session_id=session.id, loop_id=loop)
        return pattern_id, failed

    def retested(self, pattern_id: str, failed: str, change: str, days_ago: int = 0, *, pain: int = 4) -> Session:
        """A cold retest, and what it says of the pattern."""
        session = self.session(days_ago)
        session.pain(pain, "before")
        response = "fails" if change == "relapse" else "holds"
        test_id = session.test(KNEE.inhibited, response, of_test_id=failed)
        session.chart()
        self.practice.change(pattern_id, change, session_id=session.id, test_id=test_id)
        return session

    def hung_under(self, days_ago: int) -> tuple[Session, str]:
        """A second pattern that is taken for a consequence of the first, and the test of it that failed."""
        session = self.session(days_ago)
        failed_below = session.test(BACK.inhibited, "fails")
        primary_id, _ = self.found(session)
        below_id = self.practice.pattern(session, BACK)
        at = session.began_at + timedelta(hours=1)
        self.practice.change(below_id, "subordinate", primary_pattern_id=primary_id, happened_at=at.isoformat())
        return session, failed_below


def supposed(care: Care) -> None:
    session = care.session()
    session.test(KNEE.inhibited, "fails")
    session.chart(sign=False)
    care.practice.pattern(session, KNEE)


def confirmed(care: Care) -> None:
    session = care.session()
    failed, held = session.find(KNEE)
    session.chart()
    pattern_id = care.practice.pattern(session, KNEE)
    care.practice.change(pattern_id, "confirm", session_id=session.id, failed_test_id=failed, held_test_id=held)


def refuted(care: Care) -> None:
    session = care.session(7)
    session.test(KNEE.inhibited, "fails")
    session.chart()
    pattern_id = care.practice.pattern(session, KNEE)
    later = care.session()
    held = later.test(KNEE.inhibited, "holds")
    later.chart()
    care.practice.change(pattern_id, "refute", session_id=later.id, test_ids=[held])


def corrected(care: Care) -> None:
    care.found(care.session())


def holding(care: Care) -> None:
    care.retested(*care.found(care.session(14)), "hold")


def resolved(care: Care) -> None:
    pattern_id, failed = care.found(care.session(42), pain=7)
    care.retested(pattern_id, failed, "hold", 35)
    session = care.retested(pattern_id, failed, "hold", pain=1)
    care.practice.change(pattern_id, "resolve", session_id=session.id)


def relapsed(care: Care) -> None:
    care.retested(*care.found(care.session(14)), "relapse", pain=6)


def secondary(care: Care) -> None:
    care.hung_under(0)


def unverified(care: Care) -> None:
    pattern_id, _ = care.found(care.session())
    discharged = {"outcome": "client_choice", "planned": False}
    path = f"/v1/episodes/{care.episode_id}"
    if care.practice.read(path)["status"] != "discharged":
        content(care.practice.api.send("POST", f"{path}/discharge", discharged, version="*"), httpx.codes.OK)
    care.practice.change(pattern_id, "close", episode_id=care.episode_id)


def in_error(care: Care) -> None:
    session = care.session()
    session.test(BACK.inhibited, "fails")
    session.chart()
    pattern_id = care.practice.pattern(session, BACK)
    care.practice.change(pattern_id, "entered-in-error", reason="Written into the wrong record.")


def promoted(care: Care) -> None:
    seen_below(care, "fails", "promote")


def cleared(care: Care) -> None:
    seen_below(care, "holds", "clear")


def seen_below(care: Care, response: str, change: str) -> None:
    """What a cold retest says of a pattern that hangs under another."""
    session, failed_below = care.hung_under(7)
    below_id = care.practice.pattern(session, BACK)
    later = care.session()
    test_id = later.test(BACK.inhibited, response, of_test_id=failed_below)
    later.chart()
    care.practice.change(below_id, change, session_id=later.id, test_id=test_id)


OF_RIVER = [client for client in CLIENTS if client.home == RIVER]
TOLD: tuple[tuple[Callable[[Care], None], int, tuple[str, ...]], ...] = (
    (supposed, 0, ("hypothesised",)),
    (confirmed, 0, ("confirmed",)),
    (refuted, 7, ("refuted",)),
    (corrected, 0, ("corrected",)),
    (holding, 14, ("holding",)),
    (resolved, 42, ("resolved",)),
    (relapsed, 14, ("relapsed",)),
    (secondary, 0, ("corrected", "secondary")),
    (unverified, 0, ("unverified",)),
    (in_error, 0, ("entered_in_error",)),
    (promoted, 7, ("corrected", "confirmed")),
    (cleared, 7, ("corrected", "holding")),
)
COURSES = tuple(
    Course(client=client, number=number, days=days, ends=ends, tell=tell)
    for number, (client, (tell, days, ends)) in enumerate(zip(OF_RIVER, TOLD, strict=True))
)


def charted(practice: Practice, clients: Ids, visits: Ids, founded_at: datetime) -> Iterator[str]:
    """Chart what is missing, and give the keys of what was. Raises Unexpected."""
    for course in COURSES:
        client_id = clients[course.client.key]
        if course.key in visits and patterns_of(practice, client_id) != course.ends:
            seen_at = course.starts_at(founded_at)
            began_at = seen_at - timedelta(days=course.days, minutes=5)
            episode_id = practice.episode(client_id, ("knee_joint", "right"), "Hurts on stairs.", 7, began_at)
            course.tell(Care(practice, client_id, episode_id, visits[course.key], seen_at))
            yield course.key


def patterns_of(practice: Practice, client_id: str) -> tuple[str, ...]:
    """The states of a client's patterns, as soon as treatment has heard of their visit. Raises Unexpected."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        answer = practice.api.send("GET", "/v1/patterns", query={"client_id": client_id})
        if answer.is_success or time.monotonic() > deadline:
            return tuple(item["state"] for item in content(answer, httpx.codes.OK)["items"])
        time.sleep(PAUSE_SECONDS)
