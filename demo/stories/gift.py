"""The gift: a friend gives a visit; who books, who comes, who is told and who pays are not one person."""

import secrets
from datetime import UTC, datetime, timedelta

import httpx

from demo.api import content
from demo.stories.desk import Desk, quarter_after

DAY = timedelta(days=1)
SHOWN = ("id", "client_id", "booker_client_id", "told_client_id", "payer_client_id", "gift", "code")


def tell(desk: Desk) -> None:
    """The whole story. Raises DoesNotHold, Unexpected or an error of the connection."""
    story = desk.story
    clinic, offering = desk.clinic("Demo Clinic Gift"), desk.offering("Demo visit")
    desk.room(clinic, "Room 1")
    desk.therapist("Demo Therapist", clinic)
    friend, giver, payer = (desk.client(f"Demo {name}") for name in ("Friend", "Giver", "Payer"))

    story.step("The gift: a surprise, so only the giver is told")
    wish = {
        "client_id": friend["id"],
        "offering_id": offering["id"],
        "clinic_id": clinic["id"],
        "starts_at": quarter_after(datetime.now(UTC) + DAY).isoformat(),
        "booker_client_id": giver["id"],
        "payer_client_id": payer["id"],
    }
    refused = desk.front_desk.send("POST", "/v1/appointments", wish, key=secrets.token_hex(8))
    story.exchange(refused, SHOWN)
    story.holds("without a relation it must be said that it is a gift", refused.status_code == httpx.codes.CONFLICT)
    given = desk.front_desk.send("POST", "/v1/appointments", wish | {"gift": True}, key=secrets.token_hex(8))
    story.exchange(given, SHOWN)
    visit = content(given, httpx.codes.CREATED)
    people = (visit["client_id"], visit["booker_client_id"], visit["told_client_id"], visit["payer_client_id"])
    expected = (friend["id"], giver["id"], giver["id"], payer["id"])
    story.holds("the visit says who comes, who booked, who is told and who pays", people == expected)
    mail = story.wait_for("the giver's confirmation", lambda: desk.mailbox(giver).new_mail(()))
    story.mail(mail)
    story.holds("it says whose visit it is", "visit of Demo Friend" in mail.subject, mail.subject)
    others = [*desk.mailbox(friend).mails(), *desk.mailbox(payer).mails()]
    story.holds("and nobody else knows", others == [])
