"""The family: a mother books for her two children in one go, is told of both in one mail, and moves one of them."""

import secrets
from datetime import UTC, datetime, timedelta

import httpx

from demo.api import content
from demo.stories.desk import Desk, Json, added, quarter_after

DAY = timedelta(days=1)
SHOWN = ("booking_id", "code", "visit", "alternatives")
BORN = {"birth_date": "2016-05-01", "email": None}


def tell(desk: Desk) -> None:
    """The whole story. Raises DoesNotHold, Unexpected or an error of the connection."""
    clinic, offering = desk.clinic("Demo Clinic Family"), desk.offering("Demo visit")
    for number in (1, 2):
        desk.room(clinic, f"Room {number}")
        desk.therapist(f"Demo Therapist {number}", clinic)
    mother = desk.client("Demo Mother", birth_date="1985-04-01")
    children = [desk.client(f"Demo Child {number}", **BORN) for number in (1, 2)]
    guard(desk, mother, children)
    start = quarter_after(datetime.now(UTC) + DAY).isoformat()
    place = {"clinic_id": clinic["id"], "offering_id": offering["id"]}
    wishes = [place | {"client_id": child["id"], "starts_at": start} for child in children]
    visits = book_both(desk, mother, wishes)
    one_mail(desk, mother, children, visits)


def guard(desk: Desk, mother: Json, children: list[Json]) -> None:
    story = desk.story
    story.step("The family: a child is not written to, and without a guardian nobody is")
    unreachable = [desk.front_desk.read(f"/v1/clients/{child['id']}")["unreachable_reason"] for child in children]
    story.holds("the desk sees that nobody can be told", set(unreachable) == {"nobody_to_tell"}, unreachable)
    may = {"may": ["book", "receive_messages"], "source": "document", "evidence": "Birth certificate seen"}
    for child in children:
        relation = {"kind": "guardian", "related_client_id": mother["id"]} | may
        added(desk.front_desk, f"/v1/clients/{child['id']}/relations", relation)
    reachable = [desk.front_desk.read(f"/v1/clients/{child['id']}")["reachable"] for child in children]
    story.holds("with their mother as guardian both are reached", all(reachable))


def book_both(desk: Desk, mother: Json, wishes: list[Json]) -> list[Json]:
    story = desk.story
    story.step("She books both at the same time, with one call")
    stranger = desk.client("Demo Stranger")
    refused = book(desk, {"visits": wishes, "booker_client_id": stranger["id"]}, httpx.codes.CONFLICT)
    story.holds("nobody else may book for them", refused["code"] == "may_not_book", refused["code"])
    booking = book(desk, {"visits": wishes, "booker_client_id": mother["id"]}, httpx.codes.CREATED)
    visits: list[Json] = booking["visits"]
    story.holds(
        "both are booked, each with a therapist", len({visit["therapist_id"] for visit in visits}) == len(wishes)
    )
    again = book(desk, {"visits": wishes, "booker_client_id": mother["id"]}, httpx.codes.CONFLICT)
    story.holds("a second time neither is, and the first that failed is named", "visit" in again)
    return visits


def one_mail(desk: Desk, mother: Json, children: list[Json], visits: list[Json]) -> None:
    story, mailbox = desk.story, desk.mailbox(mother)
    story.step("One mail tells her of both; a later move is a mail of its own")
    mail = story.wait_for("the confirmation", lambda: mailbox.new_mail(()))
    story.mail(mail)
    story.holds("it names both children", all(child["name"] in mail.text for child in children))
    body = {"starts_at": (datetime.fromisoformat(visits[1]["starts_at"]) + DAY).isoformat(), "initiator": "client"}
    path = f"/v1/appointments/{visits[1]['id']}/reschedule"
    moved = desk.front_desk.send("POST", path, body, key=secrets.token_hex(8), version=visits[1]["version"])
    content(moved, httpx.codes.OK)
    update = story.wait_for("the update", lambda: mailbox.new_mail([mail]))
    story.mail(update)
    story.holds("it is about the second child alone", children[1]["name"] in update.text)
    story.holds("and not about the first", children[0]["name"] not in update.text)
    uid = update.entry.uid if update.entry else ""
    story.holds("with the calendar entry of that visit", uid.startswith(visits[1]["id"]), uid)
    story.holds("there was one mail for the booking", len(mailbox.mails()) == len((mail, update)))


def book(desk: Desk, body: Json, expect: int) -> Json:
    response = desk.front_desk.send("POST", "/v1/bookings", body, key=secrets.token_hex(8))
    desk.story.exchange(response, SHOWN)
    answer: Json = content(response, expect)
    return answer
