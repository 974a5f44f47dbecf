"""Snow on Tuesday: the clinic closes, one visit moves, one is kept; it thaws, and what nobody settled stands again."""

import httpx

from demo.api import content
from demo.stories.desk import Desk, Json
from demo.stories.monday_with_a_sick_therapist import disrupted
from demo.stories.week import coming, days_end

TUESDAY, WEDNESDAY = 1, 2


def tell(desk: Desk) -> None:
    """The whole story. Raises DoesNotHold or Unexpected."""
    story = desk.story
    story.step("Snow on Tuesday: three visits, and a clinic that nobody can reach")
    clinic = desk.clinic("Demo Clinic Hill")
    desk.room(clinic, "Room 1")
    hour = desk.offering("Demo hour")
    desk.therapist("Demo Therapist Kim", clinic)
    nine = coming(TUESDAY, 9)
    waiting, moving, staying = (
        desk.book(desk.client(f"Demo Client {letter}"), hour, clinic, nine.replace(hour=9 + number))
        for number, letter in enumerate("XYZ")
    )
    path = f"/v1/clinics/{clinic['id']}/closures"
    closure = close(desk, path)
    story.holds("all three are disrupted", disrupted(desk) == [waiting["id"], moving["id"], staying["id"]])
    change(desk, moving, "reschedule", {"starts_at": coming(WEDNESDAY, 9).isoformat()})
    change(desk, staying, "keep", {"reason": "Lives next door, and so does the therapist"})
    story.holds("moved and kept, two are settled", disrupted(desk) == [waiting["id"]])
    story.step("It thaws: the closure is lifted")
    lifted = desk.front_desk.send("DELETE", f"{path}/{closure['id']}")
    content(lifted, httpx.codes.OK)
    story.exchange(lifted, ())
    story.holds("the list is empty", disrupted(desk) == [])
    for visit, ends in ((waiting, ["disrupted", "restored"]), (moving, ["disrupted", "moved"])):
        story.holds(f"one visit was {' and '.join(ends)}", told(desk, visit) == ["booked", *ends], told(desk, visit))
    story.holds("and one was kept", told(desk, staying) == ["booked", "disrupted", "kept"], told(desk, staying))
    story.holds("the first stands as it was booked", desk.visit(waiting)["starts_at"] == waiting["starts_at"])


def close(desk: Desk, path: str) -> Json:
    begins = coming(TUESDAY, 0)
    snow = {"starts_at": begins.isoformat(), "ends_at": days_end(begins).isoformat(), "reason": "Snow"}
    asked = desk.front_desk.send("POST", path, snow)
    desk.story.exchange(asked, ("code", "detail"))
    desk.story.holds("the closure lists the visits in its way first", len(asked.json()["conflicts"]) == 3)
    closure: Json = content(desk.front_desk.send("POST", path, snow | {"accept_conflicts": True}), httpx.codes.CREATED)
    return closure


def change(desk: Desk, visit: Json, what: str, body: Json) -> None:
    version = desk.visit(visit)["version"]
    answer = desk.front_desk.send("POST", f"/v1/appointments/{visit['id']}/{what}", body, version=version)
    content(answer, httpx.codes.OK)
    desk.story.exchange(answer, ("starts_at", "disrupted", "version"))


def told(desk: Desk, visit: Json) -> list[str]:
    """What happened to the visit, in a word each."""
    items = desk.front_desk.read(f"/v1/appointments/{visit['id']}/history")["items"]
    return [item["name"].split("_")[-1].split(".")[0] for item in items]
