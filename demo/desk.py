"""The tour's steps at the desk: find a time in the whole chain, book it, move the visit, cancel it."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from demo.api import content
from demo.chain import PARK, RIVER
from demo.guest import Json, Tour, starts_at
from demo.story import DoesNotHold
from demo.times import Slot, reminded_soon

DAYS_SEARCHED = timedelta(days=7)
NOT_TODAY = timedelta(hours=1)
SOON_ENOUGH = timedelta(minutes=40)
PAGE = 500
SHOWN = ("id", "status", "clinic_id", "therapist_id", "room_id", "starts_at", "ends_at", "version")


def search(tour: Tour) -> list[Slot]:
    """Look for free times in the whole chain; those of the first clinic to book at, the earliest first."""
    story, now = tour.story, datetime.now(UTC)
    story.step("Search the whole chain for free times")
    query = {"from": stamp(now), "to": stamp(now + DAYS_SEARCHED), "limit": PAGE}
    slots, answers = free_times(tour, query, until=set(tour.clinics))
    story.exchange(answers[0], ("next",))
    story.say(f"  {len(slots)} free times on {len(answers)} pages; the first at each clinic:")
    first = {slot.clinic_id: slot for slot in reversed(slots)}
    for slot in sorted(first.values()):
        story.say(f"    {slot.starts_at:%a %d %b %H:%M %z}  {tour.clinics[slot.clinic_id]['name']}")
    story.holds("every clinic of the chain has free times", set(first) == set(tour.clinics))
    story.holds("the earliest comes first", slots == sorted(slots))
    story.holds(
        "each is on its clinic's own clock",
        all(slot.starts_at.utcoffset() == at_clinic(tour, slot).utcoffset() for slot in slots),
    )
    later = [slot for slot in slots if slot.starts_at > now + NOT_TODAY]
    return [slot for slot in later if slot.clinic_id == tour.clinic_id(PARK.key)]


def at_clinic(tour: Tour, slot: Slot) -> datetime:
    return slot.starts_at.astimezone(tour.zone_of(slot.clinic_id))


def free_times(
    tour: Tour, query: Mapping[str, Any], until: Iterable[str] = ()
) -> tuple[list[Slot], list[httpx.Response]]:
    """Free times, page by page until each clinic in `until` has one, and the answers that they came in."""
    slots: list[Slot] = []
    answers: list[httpx.Response] = []
    wanted = {"offering_id": tour.offering["id"], "client_id": tour.client["id"], **query}
    while True:
        answers.append(tour.api.send("GET", "/v1/availability", query=wanted))
        page = content(answers[-1], httpx.codes.OK)
        slots += [slot_in(each) for each in page["slots"]]
        if page["next"] is None or set(until) <= {slot.clinic_id for slot in slots}:
            return slots, answers
        wanted["cursor"] = page["next"]


def slot_in(each: Json) -> Slot:
    return Slot(datetime.fromisoformat(each["starts_at"]), each["clinic_id"], each["therapist_id"])


def book(tour: Tour, slots: Iterable[Slot]) -> Json:
    """Book the first of the times that nobody takes meanwhile, then send the same call once more."""
    story = tour.story
    story.step(f"Book at {PARK.name}, with whoever is free")
    for slot in slots:
        body = {
            "offering_id": tour.offering["id"],
            "clinic_id": slot.clinic_id,
            "client_id": tour.client["id"],
            "starts_at": slot.starts_at.isoformat(),
        }
        key = secrets.token_hex(8)
        response = tour.api.send("POST", "/v1/appointments", body, key=key)
        if response.status_code != httpx.codes.CONFLICT:
            break
    else:
        raise DoesNotHold(f"{PARK.name} has a time that can be booked")
    visit: Json = content(response, httpx.codes.CREATED)
    story.exchange(response, SHOWN)
    story.holds("the visit is booked at the time that was listed", is_at(visit, slot) and visit["status"] == "booked")
    story.holds("it has a therapist and a room", bool(visit["therapist_id"] and visit["room_id"]))
    again = tour.api.send("POST", "/v1/appointments", body, key=key)
    story.holds("the same call, sent twice, books once", again.content == response.content, again.text)
    return visit


def is_at(visit: Json, slot: Slot) -> bool:
    return visit["clinic_id"] == slot.clinic_id and starts_at(visit) == slot.starts_at


def move_to_other_clinic(tour: Tour, visit: Json) -> Json:
    tour.story.step(f"Move it to {RIVER.name}, which never closes, to a time that is near")
    return move(tour, visit)


def move_again(tour: Tour, visit: Json) -> Json:
    tour.story.step("Move it once more, to the next best time there")
    return move(tour, visit)


def move(tour: Tour, visit: Json) -> Json:
    """Move to another time at the river with a reminder soon; on to the next one when somebody else is faster."""
    story, now = tour.story, datetime.now(UTC)
    query = {
        "from": stamp(now),
        "to": stamp(now + SOON_ENOUGH),
        "clinic_id": tour.clinic_id(RIVER.key),
        "moving": visit["id"],
        "limit": PAGE,
    }
    slots, _ = free_times(tour, query)
    for slot in reminded_soon(slots, tour.offering["reminder_lead_minutes"], now):
        if is_at(visit, slot):
            continue
        body = {
            "starts_at": slot.starts_at.isoformat(),
            "clinic_id": slot.clinic_id,
            "therapist_id": slot.therapist_id,
            "initiator": "client",
        }
        path = f"/v1/appointments/{visit['id']}/reschedule"
        response = tour.api.send("POST", path, body, version=visit["version"], key=secrets.token_hex(8))
        if response.status_code != httpx.codes.CONFLICT:
            break
    else:
        raise DoesNotHold(f"{RIVER.name} has a time to move to with a reminder just ahead")
    moved: Json = content(response, httpx.codes.OK)
    story.exchange(response, SHOWN)
    story.holds("it is the same visit, with the same id", moved["id"] == visit["id"])
    story.holds("at the new place and time", is_at(moved, slot) and moved["therapist_id"] == slot.therapist_id)
    return moved


def cancel(tour: Tour, visit: Json) -> Json:
    story = tour.story
    story.step("Cancel the visit")
    path = f"/v1/appointments/{visit['id']}"
    version = tour.api.read(path)["version"]
    body = {"initiator": "client", "reason_code": "tour", "reason": "The demo ends here."}
    response = tour.api.send("POST", f"{path}/cancel", body, version=version, key=secrets.token_hex(8))
    cancelled: Json = content(response, httpx.codes.OK)
    story.exchange(response, ("id", "status", "late", "version"))
    story.holds("it is cancelled, and not late", cancelled["status"] == "cancelled" and not cancelled["late"])
    when = starts_at(visit)
    query = {"from": stamp(when), "to": stamp(when + timedelta(minutes=1)), "clinic_id": visit["clinic_id"]}
    slots, _ = free_times(tour, query | {"therapist_id": visit["therapist_id"]})
    story.holds("its time is free again", [slot.starts_at for slot in slots] == [when])
    return cancelled


def stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
