"""Monday with a sick therapist: a colleague takes the visits at their own time; what he cannot take is settled, too."""

import secrets

import httpx

from demo.api import content
from demo.stories.desk import Desk, Json
from demo.stories.week import coming, days_end
from demo.story import DoesNotHold

MONDAY = 0


def tell(desk: Desk) -> None:
    """The whole story. Raises DoesNotHold or Unexpected."""
    story = desk.story
    story.step("Monday with a sick therapist: three visits of hers, and one of a colleague at ten")
    clinic = desk.clinic("Demo Clinic Monday")
    for name in ("Room 1", "Room 2"):
        desk.room(clinic, name)
    hour = desk.offering("Demo hour")
    sick, colleague = desk.therapist("Demo Therapist Mara", clinic), desk.therapist("Demo Therapist Ben", clinic)
    clients = [desk.client(f"Demo Client {letter}") for letter in "ABC"]
    nine = coming(MONDAY, 9)
    visits = [
        desk.book(client, hour, clinic, nine.replace(hour=9 + number), therapist_id=sick["id"])
        for number, client in enumerate(clients)
    ]
    desk.book(desk.client("Demo Client D"), hour, clinic, nine.replace(hour=10), therapist_id=colleague["id"])
    mailbox = desk.mailbox(clients[0])
    booked = story.wait_for("the confirmation of the first visit", lambda: mailbox.new_mail([]))
    fall_ill(desk, sick, visits)
    results = reassign(desk, visits, "time")
    story.holds("nine and eleven go to the colleague", outcomes(results) == ["reassigned", "refused", "reassigned"])
    first = desk.visit(visits[0])
    story.holds("with the same id at the same time", first["starts_at"] == visits[0]["starts_at"])
    story.holds("and now with him", first["therapist_id"] == colleague["id"])
    refused = results[1]
    story.holds("ten is refused, because he is not free, with other times", bool(refused["alternatives"]), refused)
    mail = story.wait_for("word of the colleague", lambda: mailbox.new_mail([booked]))
    story.mail(mail)
    story.holds("its client is told, with an entry for the calendar", mail.entry is not None)
    if mail.entry is None or booked.entry is None:
        raise DoesNotHold("both mails have an entry")
    story.holds("which takes the place of the first one", mail.entry.uid == booked.entry.uid)
    results = reassign(desk, [visits[1]], "nothing")
    story.holds("the visit at ten takes the nearest time instead", outcomes(results) == ["reassigned"], results)
    story.holds("and the list is empty", disrupted(desk) == [])


def fall_ill(desk: Desk, therapist: Json, visits: list[Json]) -> None:
    """First the list, then the time off."""
    story = desk.story
    begins = coming(MONDAY, 0)
    day = {"starts_at": begins.isoformat(), "ends_at": days_end(begins).isoformat(), "reason": "ill"}
    path = f"/v1/therapists/{therapist['id']}/time-off"
    asked = desk.front_desk.send("POST", path, day)
    story.exchange(asked, ("code", "detail"))
    listed = [visit["id"] for visit in asked.json().get("conflicts", [])]
    story.holds("her time off lists the visits in its way first", listed == [visit["id"] for visit in visits])
    content(desk.front_desk.send("POST", path, day | {"accept_conflicts": True}), httpx.codes.CREATED)
    story.holds("accepted, they stand in the list of disrupted visits", disrupted(desk) == listed)


def reassign(desk: Desk, visits: list[Json], keep: str) -> list[Json]:
    body = {"appointments": [visit["id"] for visit in visits], "to": "any", "keep": keep}
    answer = desk.front_desk.send("POST", "/v1/reassignments", body, key=secrets.token_hex(8))
    items: list[Json] = content(answer, httpx.codes.OK)["items"]
    desk.story.exchange(answer)
    return items


def outcomes(results: list[Json]) -> list[str]:
    return [result["outcome"] for result in results]


def disrupted(desk: Desk) -> list[str]:
    """The ids of the visits that somebody has to settle, in the order of their starts."""
    return [visit["id"] for visit in desk.front_desk.read("/v1/appointments", {"disrupted": "true"})["items"]]
