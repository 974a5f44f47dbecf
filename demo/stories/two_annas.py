"""The two Annas: one of them stands in the book twice and becomes one again; the other has only her name."""

import secrets
from datetime import UTC, datetime, timedelta

import httpx

from demo.api import content
from demo.stories.desk import Desk, Json, quarter_after

DAY = timedelta(days=1)
SHOWN = ("id", "name", "called", "birth_date", "merged_ids", "merged_into", "likely_duplicates", "code", "conflicts")
ANNA = {"name": "Anna Demo-Berg", "birth_date": "1961-04-30", "phone": "+493023125061"}
NAMESAKE = {"name": "Anna Demo-Berg", "birth_date": "1987-06-12", "phone": "+493023125087"}


def tell(desk: Desk) -> None:
    """The whole story. Raises DoesNotHold, Unexpected or an error of the connection."""
    story = desk.story
    story.step("The two Annas: the same name, and two people")
    anna = desk.client(**ANNA)
    namesake = desk.client(**NAMESAKE)
    story.holds("another birth date makes another person", namesake["likely_duplicates"] == [])
    found = ids(found_by(desk, "anna demo-berg"))
    story.holds("a search by the name finds both", found == sorted([anna["id"], namesake["id"]]))
    story.holds("the birth date tells them apart", ids(found_by(desk, "anna 30.04.1961")) == [anna["id"]])

    story.step("The one of 1961 calls a clinic that does not know her, and is registered once more")
    again = desk.client(name="Ana Demo-Berg", called="Anni", birth_date=ANNA["birth_date"], phone=ANNA["phone"])
    [likely] = again["likely_duplicates"]
    story.lines([f"{likely['name']}: {likely['score']} of 100, {', '.join(likely['reasons'])}"])
    story.holds("the desk is told at once who she may be, and why", likely["id"] == anna["id"] and likely["strong"])

    one_person(desk, anna, again)


def one_person(desk: Desk, anna: Json, again: Json) -> None:
    """Both have a visit at the same time: first that is settled, then they are one, and then two again."""
    story = desk.story
    clinic, offering = desk.clinic("Demo Clinic Anna"), desk.offering("Demo visit")
    for number in (1, 2):
        desk.room(clinic, f"Room {number}")
        desk.therapist(f"Demo Therapist {number}", clinic)
    start = quarter_after(datetime.now(UTC) + DAY)
    hers = desk.book(anna, offering, clinic, start)
    same_time = desk.book(again, offering, clinic, start)

    story.step("She is the same person: make one of the two")
    refused = merge(desk, again, anna, expect=httpx.codes.CONFLICT)
    overlapping = {visit["id"] for visit in refused["conflicts"]}
    story.holds("nobody is at two visits at once: both are named", overlapping == {hers["id"], same_time["id"]})
    later = {"starts_at": (start + DAY).isoformat(), "initiator": "client"}
    path = f"/v1/appointments/{same_time['id']}/reschedule"
    content(desk.front_desk.send("POST", path, later, key=secrets.token_hex(8), version=same_time["version"]), 200)
    merged = merge(desk, again, anna)
    story.holds("once that is settled she is one", merged["merged_ids"] == [again["id"]])
    story.holds("with the visits of both", visits_of(desk, anna) == [hers["id"], same_time["id"]])
    old = desk.front_desk.read(f"/v1/clients/{again['id']}")
    story.holds("the old id answers with her", (old["id"], old["merged_into"]) == (anna["id"], anna["id"]))
    story.holds("and the name she goes by finds her first", found_by(desk, "anni")[0]["id"] == anna["id"])

    story.step("It was a mistake after all")
    content(desk.front_desk.send("POST", f"/v1/clients/{again['id']}/unmerge", {}, key=secrets.token_hex(8)), 200)
    story.holds("she has her own visit again", visits_of(desk, again) == [same_time["id"]])
    story.holds("and the first Anna hers alone", visits_of(desk, anna) == [hers["id"]])


def merge(desk: Desk, client: Json, into: Json, *, expect: int = httpx.codes.OK) -> Json:
    body = {"into": into["id"]}
    response = desk.front_desk.send("POST", f"/v1/clients/{client['id']}/merge", body, key=secrets.token_hex(8))
    desk.story.exchange(response, SHOWN)
    answer: Json = content(response, expect)
    return answer


def found_by(desk: Desk, query: str) -> list[Json]:
    desk.story.say(f"→ GET /v1/clients?q={query}")
    items: list[Json] = desk.front_desk.read(f"/v1/clients?q={query.replace(' ', '%20')}")["items"]
    return items


def visits_of(desk: Desk, client: Json) -> list[str]:
    items = desk.front_desk.read(f"/v1/appointments?client_id={client['id']}")["items"]
    return [visit["id"] for visit in items]


def ids(clients: list[Json]) -> list[str]:
    return sorted(client["id"] for client in clients)
