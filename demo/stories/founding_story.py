"""The founding story: a hip that healed, half a year later a knee that nobody could help, until the pattern is found.

The sessions are charted as they would have been over five weeks, all within a few minutes; the messages are real, and
so are the answers to them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from demo import page
from demo.api import Api, content
from demo.mailbox import Mail
from demo.practice import Json, Pair, Practice, Session
from demo.practising import practising
from demo.stories.desk import Desk, quarter_after
from demo.story import DoesNotHold
from demo.times import ZONES, zone_awake

HIP, KNEE = ("hip_joint", "right"), ("knee_joint", "right")
PATTERN = Pair(overactive=("tensor_fasciae_latae", "right"), inhibited=("gluteus_maximus", "right"))
ATTEMPTS = (("doctor", "Painkillers."), ("chiropractor", "Felt better for a day."), ("self", "New shoes."))
DAY, FIVE_MINUTES = timedelta(days=1), timedelta(minutes=5)
FARTHEST_EAST = "Pacific/Kiritimati"
FIRST, SECOND, THIRD = 35 * DAY, 30 * DAY, DAY
"""How long ago the three sessions were: the holds of the last two span four weeks."""


def tell(desk: Desk) -> None:
    """The whole story. Raises DoesNotHold, NoToken, Unexpected or an error of the connection."""
    with scene(desk) as told:
        told.brought_along()
        told.first_session()
        told.asked_and_answers(6)
        told.second_session()
        told.asked_and_answers(4)
        told.third_session()
        told.asked_and_answers(2)
        told.looked_back()


@contextmanager
def scene(desk: Desk) -> Iterator["Told"]:
    """A clinic where it is early afternoon, a therapist, and a client from farther east who has a visit soon.

    The client is asked by their own clock, so what falls due in a few minutes at the clinic has fallen due for them.
    """
    zone = zone_awake(datetime.now(UTC))
    east = ZONES[ZONES.index(zone) - 1] if zone != ZONES[0] else FARTHEST_EAST
    clinic, offering = desk.clinic("Demo Clinic Knee", time_zone=zone), desk.offering("Demo session")
    desk.room(clinic, "Room 1")
    therapist = desk.therapist("Demo Therapist", clinic)
    client = desk.client("Demo Client Knee", time_zone=east)
    permit(desk, client)
    desk.book(client, offering, clinic, quarter_after(datetime.now(UTC)), therapist_id=therapist["id"])
    with (
        Api.at(desk.system.scheduling_url, desk.system.token(desk.slug, "chain_admin")) as admin,
        Api.at(desk.system.treatment_url, desk.system.token(desk.slug, "manager")) as manager,
        practising(desk.system, desk.slug, admin, therapist, clinic) as practice,
    ):
        yield Told(desk, practice, manager, client, zone)


class Told:
    """The story as far as it is told: the episode, its pattern, and what the client has read."""

    def __init__(self, desk: Desk, practice: Practice, manager: Api, client: Json, zone: str) -> None:
        self.desk, self.story, self.practice, self.manager, self.client = desk, desk.story, practice, manager, client
        self.zone, self.now = ZoneInfo(zone), datetime.now(UTC)
        self.known: list[Mail] = []
        self.episode_id = self.pattern_id = self.failed = ""
        self.moments: list[tuple[str, datetime]] = []

    def brought_along(self) -> None:
        """What the client brings: a hip that healed, a knee that hurts, and what has been tried."""
        self.story.step("A knee that hurts: what the client brings along")
        self.story.wait_for("the record to open for the visit", self.record)
        history = f"/v1/clients/{self.client['id']}/history"
        hip = {"kind": "injury", "target": HIP[0], "side": HIP[1], "story": "Fell on the hip; the pain went away."}
        self.shown(f"{history}/injuries", hip | {"onset": {"precision": "month", **month(self.now - 215 * DAY)}})
        for provider, note in ATTEMPTS:
            self.shown(f"{history}/attempts", {"provider_kind": provider, "result": "none", "note": note})
        began = self.now - FIRST - timedelta(minutes=5)
        self.episode_id = self.practice.episode(self.client["id"], KNEE, "The knee hurts on stairs.", 7, began)
        found = self.practice.read(history)
        self.story.holds("the record holds an injury and three attempts", counted(found) == (1, 3), counted(found))

    def record(self) -> Json | None:
        answer = self.practice.api.send("GET", f"/v1/clients/{self.client['id']}/sessions")
        return answer.json() if answer.is_success else None

    def first_session(self) -> None:
        """Test, localisation, release, activation, retest, again and again, until it holds."""
        self.story.step("Find the pattern: test, touch, release, activate, retest, until it holds")
        session = self.session("first", FIRST)
        session.pain(7, "before")
        self.failed, held = session.find(PATTERN)
        session.correct(PATTERN, self.failed, "fails")
        loop = session.correct(PATTERN, self.failed)
        session.pain(3, "after")
        self.sign(session, days=FIRST // DAY)
        proposed = self.practice.read(f"/v1/sessions/{session.id}/proposals")["items"]
        self.story.holds("the system proposes the pattern", proposed[0]["change"] == "hypothesise", proposed)
        self.pattern_id = self.practice.pattern(session, PATTERN)
        self.practice.change(
            self.pattern_id, "confirm", session_id=session.id, failed_test_id=self.failed, held_test_id=held
        )
        self.state(self.practice.change(self.pattern_id, "correct", session_id=session.id, loop_id=loop), "corrected")
        self.homework(session)

    def homework(self, session: Session) -> None:
        """First the one is released, then the other activated."""
        released, activated = PATTERN.overactive, PATTERN.inhibited
        pair = {
            "release": {"target": released[0], "side": released[1], "technique": "ball", "seconds": 60},
            "activate": {"target": activated[0], "side": activated[1], "exercise": "bridge", "reps": 8},
        }
        body = {"client_id": self.client["id"], "pattern_id": self.pattern_id, "episode_id": self.episode_id}
        body |= {"session_id": session.id, "pairs": [pair], "per_day": 3, "happened_at": session.began_at.isoformat()}
        body |= {"starts_on": day(session.began_at), "until": day(self.now + 30 * DAY)}
        self.shown("/v1/homework", body)

    def second_session(self) -> None:
        self.story.step("The next visit: a cold retest, before anything else")
        self.cold_retest(self.session("second", SECOND), SECOND)
        self.state(self.practice.read(f"/v1/patterns/{self.pattern_id}"), "holding")

    def third_session(self) -> None:
        """Four weeks later; the pattern is resolved."""
        self.story.step("Four weeks later: it still holds, and the pattern is resolved")
        session = self.session("third", THIRD)
        self.cold_retest(session, THIRD, pain=2)
        found = self.practice.change(self.pattern_id, "resolve", session_id=session.id)
        self.state(found, "resolved")

    def cold_retest(self, session: Session, ago: timedelta, pain: int = 4) -> None:
        session.pain(pain, "before")
        test_id = session.test(PATTERN.inhibited, "holds", of_test_id=self.failed)
        self.sign(session, days=ago // DAY)
        found = self.practice.read(f"/v1/sessions/{session.id}")
        cold = next(each["cold"] for each in found["entries"] if each["id"] == test_id)
        self.story.holds("the system itself sees that the retest was cold", cold)
        self.practice.change(self.pattern_id, "hold", session_id=session.id, test_id=test_id)

    def session(self, name: str, ago: timedelta) -> Session:
        return Session(self.practice, self.client["id"], name, self.now - ago, self.episode_id)

    def sign(self, session: Session, days: int) -> None:
        """Chart and sign; the question that follows so many days after it is due now."""
        soon = (datetime.now(UTC) + FIVE_MINUTES + timedelta(minutes=1)).astimezone(self.zone)
        soon = soon.replace(minute=soon.minute // 5 * 5)
        rules = {"days": [days], "weekly": True, "after_discharge": [30, 90, 180], "nudge_hours": [24, 72]}
        body = {"rules": rules | {"time": f"{soon:%H:%M}"}, "offerings": []}
        content(self.manager.send("PUT", "/v1/check-in-rules", body, version="*"), httpx.codes.OK)
        locked = session.chart()
        self.story.holds("the session is signed and locked", locked["status"] == "locked", locked["status"])

    def asked_and_answers(self, score: int) -> None:
        """A real mail, its link, one tap."""
        self.story.step(f"The client is asked, and answers {score}")
        mailbox = self.desk.mailbox(self.client)
        mail = self.story.wait_for("the question", lambda: asking(mailbox.mails(), self.known))
        self.known.append(mail)
        self.story.mail(mail)
        told = f"{mail.subject} {mail.text}".lower()
        self.story.holds("the message names no part of the body", not any(word in told for word in ("knee", "hip")))
        seen = page.read(page.link_in(mail.text) or "")
        self.story.holds("its link opens a page", seen.is_success, seen.status_code)
        button = page.choice(seen, "score", str(score))
        if button is None:
            raise DoesNotHold(f"the page has a button for {score}")
        self.story.holds("with eleven buttons", button.choices["score"] == [str(each) for each in range(11)])
        answer = page.press(seen, button)
        self.story.exchange(answer, ())
        self.story.holds("one tap is the answer", answer.is_redirect, answer.status_code)
        latest = self.check_ins()[-1]
        self.story.holds("the therapist reads it", latest["answer"] and latest["answer"]["score"] == score, latest)

    def check_ins(self) -> list[Json]:
        found = self.practice.read("/v1/check-ins", {"client_id": self.client["id"], "status": "answered"})["items"]
        return sorted(found, key=lambda each: str(each["answer"]["answered_at"]))

    def state(self, pattern: Json, state: str) -> None:
        """The pattern is in this state now, which is looked back upon at the end."""
        self.story.holds(f"the pattern is {state}", pattern["state"] == state, pattern["state"])
        self.moments.append((state, datetime.now(UTC)))

    def looked_back(self) -> None:
        """The end of the episode, and the record as it was at each moment."""
        self.story.step("Discharged; and the record as it was at each moment")
        path = f"/v1/episodes/{self.episode_id}"
        ended = self.practice.api.send(
            "POST", f"{path}/discharge", {"outcome": "goal_met", "planned": True}, version="*"
        )
        self.story.holds("the episode is discharged", content(ended, httpx.codes.OK)["status"] == "discharged")
        for state, at in self.moments:
            known = self.practice.read(f"/v1/patterns/{self.pattern_id}", {"as_of": at.isoformat()})["state"]
            self.story.holds(f"as of {at:%H:%M:%S} the pattern is {state}", known == state, known)
        timeline = self.practice.read(f"/v1/clients/{self.client['id']}/timeline", {"limit": 100})["items"]
        kinds = {str(each["kind"]) for each in timeline}
        for item in timeline:
            self.story.say(f"  {item.get('at') or item.get('on') or ''!s:<32} {item['kind']}")
        wanted = {"injury", "attempt"}
        self.story.holds("the timeline has the hip and what was tried before the knee", wanted <= kinds, kinds)

    def shown(self, path: str, body: Json) -> None:
        answer = self.practice.api.send("POST", path, body)
        self.story.exchange(answer, ())
        content(answer, httpx.codes.CREATED)


def permit(desk: Desk, client: Json) -> None:
    """The client wants to be asked how they are between visits."""
    path = f"/v1/clients/{client['id']}/permissions/give"
    said = desk.front_desk.send("POST", path, {"purpose": "care"}, version="*")
    content(said, httpx.codes.OK)


def asking(mails: list[Mail], known: list[Mail]) -> Mail | None:
    """The first mail with a link to a question that was not read yet."""
    ids = {mail.message_id for mail in known}
    return next((mail for mail in mails if mail.message_id not in ids and "/c/" in mail.text), None)


def counted(history: Json) -> tuple[int, int]:
    return len(history["injuries"]), len(history["attempts"])


def month(at: datetime) -> dict[str, Any]:
    return {"year": at.year, "month": at.month}


def day(at: datetime) -> str:
    return at.date().isoformat()
