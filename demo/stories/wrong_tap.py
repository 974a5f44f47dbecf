"""The wrong tap: the wrong Anna is cancelled and booked again, and whatever else a hand puts right at the desk."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from demo.api import content
from demo.mailbox import Mail
from demo.stories.desk import Desk, Json, quarter_after

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SHOWN = ("id", "status", "starts_at", "ends_at", "version")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A clinic with one therapist and one room, and what is booked there."""

    desk: Desk
    clinic: Json
    offering: Json

    def book(self, client: Json, starts_at: datetime, **changes: Any) -> Json:
        return self.desk.book(client, self.offering, self.clinic, starts_at, **changes)

    def post(self, visit: Json, what: str, *, expect: int = httpx.codes.OK, **body: Any) -> Json:
        """Change the visit as it stands, and show it."""
        version = self.desk.visit(visit)["version"]
        path = f"/v1/appointments/{visit['id']}/{what}"
        response = self.desk.front_desk.send("POST", path, body, key=secrets.token_hex(8), version=version)
        self.desk.story.exchange(response, (*SHOWN, "code", "alternatives"))
        changed: Json = content(response, expect)
        return changed

    def mail(self, client: Json, known: Sequence[Mail], what: str) -> Mail:
        mail = self.desk.story.wait_for(what, lambda: self.desk.mailbox(client).new_mail(known))
        self.desk.story.mail(mail)
        return mail


def tell(desk: Desk) -> None:
    """The whole story. Raises DoesNotHold, Unexpected or an error of the connection."""
    clinic = desk.clinic("Demo Clinic Wrong Tap")
    desk.room(clinic, "Room 1")
    offering = desk.offering("Demo visit")
    desk.therapist("Demo Therapist", clinic)
    scene = Scene(desk=desk, clinic=clinic, offering=offering)
    tomorrow = quarter_after(datetime.now(UTC) + DAY)
    the_wrong_anna(scene, tomorrow)
    only_the_last_word(scene, tomorrow + 4 * HOUR)
    given_away(scene, tomorrow + 8 * HOUR)
    at_the_counter(scene)
    after_the_outage(scene)


def the_wrong_anna(scene: Scene, starts_at: datetime) -> None:
    desk, story = scene.desk, scene.desk.story
    story.step("The wrong tap: the other Anna is cancelled")
    anna = desk.client("Anna Demo-Keller")
    visit = scene.book(anna, starts_at)
    mails = [scene.mail(anna, [], "the confirmation")]
    scene.post(visit, "cancel", reason="Anna called")
    mails.append(scene.mail(anna, mails, "the cancellation"))
    story.step("It was Anna Kern who had called: put it right")
    back = scene.post(visit, "correct", to="booked", reason="It was the other Anna")
    story.holds("it is booked again, at its time and under its id", back["status"] == "booked" and same(back, visit))
    mails.append(scene.mail(anna, mails, "the confirmation"))
    entries = [mail.entry for mail in mails if mail.entry is not None]
    methods = [entry.method for entry in entries]
    story.holds("her calendar is told in turn", methods == ["REQUEST", "CANCEL", "REQUEST"], methods)
    story.holds("of one entry (UID)", len({entry.uid for entry in entries}) == 1)
    numbers = [entry.sequence for entry in entries]
    story.holds("each time newer (SEQUENCE)", numbers == sorted(set(numbers)), numbers)
    items = desk.front_desk.read(f"/v1/appointments/{visit['id']}/history")["items"]
    told = [item["name"].split(".")[1].removeprefix("appointment_") for item in items]
    story.lines(told)
    story.holds("the history keeps both", told == ["booked", "cancelled", "status_corrected"])


def only_the_last_word(scene: Scene, starts_at: datetime) -> None:
    story = scene.desk.story
    story.step("Booked, moved, moved again and made longer, all on one call: one mail, with the last word")
    client = scene.desk.client("Demo Undecided")
    visit = scene.book(client, starts_at)
    for later in (HOUR, 2 * HOUR):
        scene.post(visit, "reschedule", starts_at=(starts_at + later).isoformat())
    longer = scene.post(visit, "change", duration_minutes=90, reason="Both shoulders")
    end = starts_at + 2 * HOUR + 90 * MINUTE
    story.holds("sixty minutes have become ninety", datetime.fromisoformat(longer["ends_at"]) == end)
    mail = scene.mail(client, [], "the confirmation")
    entry = mail.entry
    last = entry is not None and (entry.starts_at, entry.ends_at) == (starts_at + 2 * HOUR, end)
    story.holds("it is a booking at the last time", last and "booked" in mail.subject, mail.subject)
    story.holds("and nothing came before it", len(scene.desk.mailbox(client).mails()) == 1)


def given_away(scene: Scene, starts_at: datetime) -> None:
    desk, story = scene.desk, scene.desk.story
    story.step("A time that was given away meanwhile")
    first, second = desk.client("Demo First"), desk.client("Demo Second")
    visit = scene.book(first, starts_at)
    scene.post(visit, "cancel", notify=False)
    scene.book(second, starts_at)
    refusal = scene.post(visit, "correct", expect=httpx.codes.CONFLICT, to="booked", reason="Wrong tap")
    story.holds("is refused, with the nearest others", bool(refusal["alternatives"]), refusal)
    story.holds("and the visit stays as it was", desk.visit(visit)["status"] == "cancelled")


def at_the_counter(scene: Scene) -> None:
    desk, story = scene.desk, scene.desk.story
    story.step("Somebody walks in, at a minute that no grid knows")
    client, start = desk.client("Demo Walk-in"), datetime.now(UTC).replace(second=0, microsecond=0)
    start -= MINUTE * (start.minute % 15 == 0)
    wish = {"client_id": client["id"], "offering_id": scene.offering["id"], "clinic_id": scene.clinic["id"]}
    body = wish | {"starts_at": start.isoformat(), "origin": "walk_in"}
    refused = desk.front_desk.send("POST", "/v1/appointments", body, key=secrets.token_hex(8))
    story.exchange(refused, ("code", "detail"))
    story.holds("the rules say no", refused.status_code == httpx.codes.CONFLICT)
    visit = scene.book(client, start, origin="walk_in", override_reason="Stands at the desk")
    [booked] = desk.front_desk.read(f"/v1/appointments/{visit['id']}/history")["items"]
    broken = booked["data"]["overridden"]
    story.holds("a reason sets them aside, and they are named", "off_grid" in broken, broken)
    arrived = scene.post(visit, "arrive")
    story.holds("the client is here", arrived["status"] == "arrived")


def after_the_outage(scene: Scene) -> None:
    desk, story = scene.desk, scene.desk.story
    story.step("What took place while the internet was down is entered afterwards")
    client = desk.client("Demo Earlier")
    visit = scene.book(client, datetime.now(UTC).replace(second=0, microsecond=0) - 3 * HOUR, happened=True)
    story.holds("it is finished at once", visit["status"] == "fulfilled")
    story.holds("and nobody is written to", desk.mailbox(client).mails() == [])


def same(visit: Json, other: Json) -> bool:
    return all(visit[name] == other[name] for name in ("id", "starts_at", "ends_at", "therapist_id"))
