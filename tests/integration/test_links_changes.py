"""What a client changes by a link: once, whatever is tapped twice, and only what the page showed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.integration.test_relations_api import relate
from tests.support.pages import Page, Scene, link_to, on, open_link


def names(scene: Scene) -> list[str]:
    return [event["name"].removeprefix("scheduling.appointment_").removesuffix(".v1") for event in scene.events()]


def booked(scene: Scene) -> list[Any]:
    """The client's visits that are to come."""
    path = f"/v1/appointments?client_id={scene.ready.client['id']}&status=booked"
    items: list[Any] = scene.chain.desk.get(path)["items"]
    return items


def at_once(*taps: Callable[[], TestResponse]) -> list[TestResponse]:
    """All the taps at the same moment, as far as threads can."""
    barrier = Barrier(len(taps))

    def tap(each: Callable[[], TestResponse]) -> TestResponse:
        barrier.wait(timeout=10)
        return each()

    with ThreadPoolExecutor(len(taps)) as pool:
        return list(pool.map(tap, taps))


def test_confirms(scene: Scene) -> None:
    page = scene.open().post("/confirm")
    assert "Booked and confirmed" in page.text
    assert not page.offers("/confirm")
    assert scene.fresh()["confirmed"] is True
    [event] = scene.events()
    assert (event["actor"], event["role"], event["origin"]) == (f"client:{scene.ready.client['id']}", "client", "link")


def test_confirming_twice_is_confirming_once(scene: Scene) -> None:
    page = scene.open()
    assert [page.tap("/confirm").status_code for _ in range(3)] == [303, 303, 303]
    assert names(scene) == ["confirmed"]


def test_cancels_after_asking(scene: Scene) -> None:
    question = scene.open()
    question = question.get(f"{question.path}/cancel")
    assert "This is late" not in question.text
    assert names(scene) == []
    page = question.post("/cancel")
    assert "This visit is cancelled, as you wished." in page.text
    assert "late" not in page.text
    assert page.offers("/again")
    [event] = scene.events()
    assert event["data"]["initiator"] == "client"
    assert event["data"]["late"] is False
    assert question.tap("/cancel").status_code == 303
    assert names(scene) == ["cancelled"]


def test_a_late_cancellation_is_accepted_after_a_warning_and_marked(scene: Scene) -> None:
    scene.clock.now = on(2, 10, 1)
    page = scene.open()
    question = page.get(f"{page.path}/cancel")
    assert "at least 24 hours before" in question.text
    page = question.post("/cancel")
    assert "counts as late" in page.text
    assert scene.fresh()["late"] is True
    assert scene.events()[-1]["data"]["late"] is True


def test_a_cancellation_is_not_late_at_the_very_limit(scene: Scene) -> None:
    scene.clock.now = on(2, 10)
    page = scene.open()
    page.get(f"{page.path}/cancel").post("/cancel")
    assert scene.fresh()["late"] is False


def test_what_became_late_while_the_client_looked_is_asked_once_more(scene: Scene) -> None:
    page = scene.open()
    question = page.get(f"{page.path}/cancel")
    scene.clock.now = on(2, 10, 1)
    again = question.post("/cancel")
    assert "This is late." in again.text
    assert names(scene) == []
    again.post("/cancel")
    assert scene.fresh()["late"] is True


@pytest.mark.parametrize("ending", ["/confirm", "/cancel", "/move"])
def test_a_page_that_is_out_of_date_changes_nothing_and_says_so(scene: Scene, ending: str) -> None:
    page = scene.open()
    stale = page if ending == "/confirm" else page.get(page.path + ending)
    scene.chain.desk.change(scene.visit, "reschedule", starts_at=on(4, 11).isoformat())
    after = stale.post(ending, **({"time": scene.wish(on(5, 10))} if ending == "/move" else {}))
    assert "has changed since you opened the page" in after.text
    assert "Thursday, March 4, 2027" in after.text
    assert names(scene) == ["moved"]


@pytest.mark.parametrize("ending", ["/confirm", "/cancel", "/move"])
def test_a_page_of_a_visit_that_was_cancelled_meanwhile_only_shows_that(scene: Scene, ending: str) -> None:
    page = scene.open()
    stale = page if ending == "/confirm" else page.get(page.path + ending)
    scene.chain.desk.change(scene.visit, "cancel", initiator="clinic")
    after = stale.post(ending, **({"time": scene.wish(on(5, 10))} if ending == "/move" else {}))
    assert after.status == 200
    assert "We had to cancel this visit" in after.text
    assert names(scene) == ["cancelled"]


def test_what_others_write_beside_the_visit_does_not_make_a_page_stale(scene: Scene) -> None:
    page = scene.open()
    path = f"/v1/appointments/{scene.visit['id']}"
    scene.chain.desk.patch(path, {"external_ids": {"till": "7"}})
    assert "Booked and confirmed" in page.post("/confirm").text


def test_moves_with_the_same_therapist(scene: Scene) -> None:
    page = scene.open()
    page.post("/confirm")
    page = page.get(f"{page.path}/move").post("/move", time=scene.wish(on(4, 13, 30)))
    assert "Done: your visit has moved" in page.text
    assert "Thursday, March 4, 2027" in page.text
    assert page.offers("/confirm")
    visit, event = scene.fresh(), scene.events()[-1]
    assert visit["id"] == scene.visit["id"]
    assert visit["starts_at"] == on(4, 13, 30).isoformat()
    assert visit["therapist_id"] == scene.ready.therapist["id"]
    assert (event["actor"], event["role"], event["origin"]) == (f"client:{scene.ready.client['id']}", "client", "link")
    assert event["data"]["initiator"] == "client"
    assert event["data"]["late"] is False


def test_moves_to_another_therapist_and_to_another_clinic(scene: Scene) -> None:
    page = scene.open()
    choice = page.get(f"{page.path}/move")
    page = choice.post("/move", time=scene.wish(on(3, 10), therapist=scene.colleague))
    assert "Demo Colleague" in page.text
    choice = page.get(f"{page.path}/move")
    page = choice.post("/move", time=scene.wish(on(4, 9), scene.other_clinic, scene.neighbour))
    assert "Demo Clinic Near" in page.text
    assert "Demo Neighbour" in page.text
    assert scene.fresh()["clinic_id"] == scene.other_clinic["id"]


def test_a_late_move_is_said_to_be_late_and_marked(scene: Scene) -> None:
    scene.clock.now = on(2, 12)
    page = scene.open()
    choice = page.get(f"{page.path}/move")
    assert "It is less than 24 hours to your visit" in choice.text
    choice.post("/move", time=scene.wish(on(9, 10)))
    assert scene.events()[-1]["data"]["late"] is True


def test_tapping_a_time_twice_moves_once(scene: Scene) -> None:
    page = scene.open()
    choice = page.get(f"{page.path}/move")
    for _ in range(2):
        after = choice.post("/move", time=scene.wish(on(4, 13)))
        assert "Thursday, March 4, 2027" in after.text
        assert "has changed" not in after.text
    assert names(scene) == ["moved"]


def test_offers_first_the_same_therapist_then_others_then_other_clinics(scene: Scene) -> None:
    page = scene.open()
    choice = page.get(f"{page.path}/move")
    headings = ("With Demo Own", "With others at Demo Clinic Home", "At other clinics", "Demo Clinic Near, Demo Town")
    places = [choice.text.index(heading) for heading in headings]
    assert places == sorted(places)
    assert choice.status == 200


def test_lists_exactly_what_the_api_lists_for_the_same_client(scene: Scene) -> None:
    scene.ready.book(on(2, 10), client_id=scene.chain.person()["id"], therapist_id=scene.ready.therapist["id"])
    scene.ready.book(on(3, 12), therapist_id=scene.colleague["id"])
    scene.clock.now = on(1, 15, 20)
    page = scene.open()
    choice = page.get(f"{page.path}/move")
    shown = {value for value in choice.times("/move").values() if scene.is_at(value, scene.ready.clinic)}
    query = f"offering_id={scene.ready.offering['id']}&clinic_id={scene.ready.clinic['id']}&moving={scene.visit['id']}"
    window = "from=2027-03-01T00:00:00%2B01:00&to=2027-03-09T00:00:00%2B01:00"
    slots = scene.chain.desk.get(f"/v1/availability?{query}&{window}&limit=500")["slots"]
    first = date.fromisoformat(slots[0]["starts_at"][:10])
    week = [slot for slot in slots if date.fromisoformat(slot["starts_at"][:10]) < first + timedelta(days=7)]
    own = {scene.value_of(slot) for slot in week if slot["therapist_id"] == scene.ready.therapist["id"]}
    own.remove(scene.wish(on(3, 10)))
    starts = {slot["starts_at"] for slot in week if slot["therapist_id"] == scene.colleague["id"]}
    assert own <= shown
    assert shown - own == {scene.value_of(slot) for slot in week if slot["therapist_id"] == scene.colleague["id"]}
    assert len(shown - own) == len(starts)
    assert len(own) > 50


def test_offers_one_of_the_others_at_each_time_the_one_with_the_least_to_do(scene: Scene) -> None:
    third = scene.chain.therapist(scene.ready.clinic, name="Demo Third", hours=("09:00", "17:00"))
    scene.ready.book(on(2, 9), client_id=scene.chain.person()["id"], therapist_id=scene.colleague["id"])
    scene.ready.book(on(4, 9), client_id=scene.chain.person()["id"], therapist_id=third["id"])
    page = scene.open()
    shown = page.get(f"{page.path}/move").times("/move").values()
    for day, offered, spared in ((2, third, scene.colleague), (4, scene.colleague, third)):
        assert scene.wish(on(day, 13), therapist=offered) in shown
        assert scene.wish(on(day, 13), therapist=spared) not in shown


def test_offers_the_first_times_of_other_clinics_and_a_way_to_all_of_them(scene: Scene) -> None:
    page = scene.open()
    choice = page.get(f"{page.path}/move")
    there = [value for value in choice.times("/move").values() if scene.is_at(value, scene.other_clinic)]
    first = [on(1, 11) + i * timedelta(minutes=30) for i in range(6)]
    assert there == [scene.wish(at, scene.other_clinic, scene.neighbour) for at in first]
    way = next(link for link in choice.reader.links if "clinic=" in link and "from=" not in link)
    whole = choice.get(way)
    assert "At Demo Clinic Near" in whole.text
    assert "With Demo Own" not in whole.text
    assert scene.wish(on(7, 16), scene.other_clinic, scene.neighbour) in whole.times("/move").values()
    assert "Demo Clinic Home, Demo Town" in whole.text


def test_shows_later_times_until_there_are_none(scene: Scene) -> None:
    page = scene.open()
    choice = page.get(f"{page.path}/move")
    seen: list[str] = []
    for _ in range(10):
        seen += [value for value in choice.times("/move").values() if scene.is_at(value, scene.ready.clinic)]
        later = [link for link in choice.reader.links if "from=" in link and "Show later times" in choice.text]
        if not later:
            break
        choice = choice.get(later[0])
    assert "There are no later free times here yet." in choice.text
    assert len(seen) == len(set(seen))
    days = {datetime.strptime(value[:8], "%Y%m%d").replace(tzinfo=UTC).date() for value in seen}
    assert days == {date(2027, 3, 1) + timedelta(days=i) for i in range(31)}


def test_begins_with_the_first_day_that_has_a_free_time(scene: Scene) -> None:
    for therapist in (scene.ready.therapist, scene.colleague):
        scene.chain.admin.post(
            f"/v1/therapists/{therapist['id']}/time-off?accept_conflicts=true",
            {"starts_at": on(1, 0).isoformat(), "ends_at": on(16, 0).isoformat(), "accept_conflicts": True},
        )
    page = scene.open()
    choice = page.get(f"{page.path}/move")
    assert "Tuesday, March 16" in choice.text
    assert "Demo Clinic Near" in choice.text
    asked = choice.get(f"{page.path}/move?from=2027-03-03")
    assert "No free times from Wednesday, March 3 to Tuesday, March 9." in asked.text
    assert asked.times("/move")
    assert any("from=2027-03-16" in link for link in asked.reader.links)


def test_a_time_that_was_just_taken_is_said_plainly_with_the_nearest_others(scene: Scene) -> None:
    page = scene.open()
    choice = page.get(f"{page.path}/move")
    scene.ready.book(on(4, 13), client_id=scene.chain.person()["id"], therapist_id=scene.ready.therapist["id"])
    refused = choice.post("/move", time=scene.wish(on(4, 13)))
    assert refused.status == 409
    assert "somebody else has just taken this time" in refused.text
    assert "Your visit stays as it was." in refused.text
    assert names(scene) == []
    nearest = list(refused.times("/move").values())[:5]
    assert scene.wish(on(4, 14)) in nearest
    assert scene.wish(on(4, 12)) in nearest
    assert "Done" in refused.post("/move", time=scene.wish(on(4, 14))).text


def test_a_time_within_the_notice_is_not_offered_and_not_accepted(scene: Scene) -> None:
    scene.clock.now = on(1, 10)
    page = scene.open()
    choice = page.get(f"{page.path}/move")
    assert scene.wish(on(1, 11, 30)) not in choice.times("/move").values()
    assert scene.wish(on(1, 12)) in choice.times("/move").values()
    refused = choice.post("/move", time=scene.wish(on(1, 11, 30)))
    assert refused.status == 409
    assert "cannot be booked any more" in refused.text
    assert names(scene) == []


def test_two_clients_tap_the_same_time_and_one_gets_it(scene: Scene) -> None:
    other = scene.ready.book(on(5, 10), client_id=scene.chain.person()["id"], therapist_id=scene.ready.therapist["id"])
    pages = [scene.open(), scene.open(other)]
    choices = [page.get(f"{page.path}/move") for page in pages]
    time = scene.wish(on(4, 13))
    answers = at_once(*(lambda choice=choice: press(choice, "/move", time=time) for choice in choices))
    assert sorted(answer.status_code for answer in answers) == [303, 409]


def test_many_taps_at_once_do_it_once(scene: Scene) -> None:
    page = scene.open()
    choice = page.get(f"{page.path}/move")
    answers = at_once(*[lambda: press(choice, "/move", time=scene.wish(on(4, 13)))] * 4)
    assert {answer.status_code for answer in answers} == {303}
    assert names(scene) == ["moved"]
    moved = page.get(page.path)
    assert {answer.status_code for answer in at_once(*[lambda: moved.tap("/confirm")] * 4)} == {303}
    question = page.get(f"{page.path}/cancel")
    assert {answer.status_code for answer in at_once(*[lambda: question.tap("/cancel")] * 4)} == {303}
    assert names(scene) == ["moved", "confirmed", "cancelled"]


def test_confirming_and_cancelling_at_once_ends_in_one_order_or_the_other(scene: Scene) -> None:
    page = scene.open()
    question = page.get(f"{page.path}/cancel")
    answers = at_once(lambda: page.tap("/confirm"), lambda: question.tap("/cancel"))
    assert {answer.status_code for answer in answers} == {303}
    assert names(scene) in (["confirmed", "cancelled"], ["cancelled"])


def press(page: Page, ending: str, **values: str) -> TestResponse:
    """The bare answer to a tap, by a browser of its own."""
    form = page.form(ending)
    return page.client.application.test_client().post(form.action, data=form.fields | values)


def test_books_again_after_the_visit_and_shows_it_by_its_own_link(scene: Scene) -> None:
    page = scene.open()
    scene.clock.now = on(3, 12)
    choice = page.get(f"{page.path}/again")
    assert "With Demo Own" in choice.text
    new = choice.post("/again", time=scene.wish(on(10, 10)))
    assert "Done: your new visit is booked." in new.text
    assert "Wednesday, March 10, 2027" in new.text
    assert new.path != page.path
    assert new.offers("/move")
    assert "This visit is over." in page.get(page.path).text
    visit = next(each for each in booked(scene) if each["id"] != scene.visit["id"])
    assert visit["offering_id"] == scene.visit["offering_id"]
    assert visit["client_id"] == scene.visit["client_id"]
    history = scene.chain.desk.get(f"/v1/appointments/{visit['id']}/history")["items"]
    assert (history[0]["role"], history[0]["origin"]) == ("client", "link")


def test_booking_again_tells_whoever_was_named_while_they_may_be_told(scene: Scene) -> None:
    chain, client = scene.chain, scene.ready.client
    carer = chain.person(name="Demo Carer")
    relation = relate(chain, client, carer, kind="carer", may=["receive_messages"])
    chain.desk.change(scene.visit, "readdress", told_client_id=carer["id"])
    page = scene.open()
    chain.desk.change(scene.fresh(), "cancel")
    assert told_again(scene, page, 10) == carer["id"]
    path = f"/v1/clients/{client['id']}/relations/{relation['id']}"
    chain.desk.patch(path, {"may": ["book"]}, If_Match='"1"')
    page = open_link(chain, link_to(chain, scene.visit))
    assert told_again(scene, page, 11) is None


def told_again(scene: Scene, page: Page, day: int) -> str | None:
    """Who is named in the visit that is booked again on this day."""
    page.get(f"{page.path}/again").post("/again", time=scene.wish(on(day, 10)))
    [new] = [each for each in booked(scene) if each["starts_at"].startswith(on(day, 10).date().isoformat())]
    named: str | None = new["told_client_id"]
    return named


def test_booking_again_twice_books_once(scene: Scene) -> None:
    page = scene.open()
    scene.chain.desk.change(scene.visit, "cancel")
    choice = page.get(f"{page.path}/again")
    time = scene.wish(on(10, 10))
    answers = at_once(*[lambda: press(choice, "/again", time=time)] * 4)
    assert {answer.status_code for answer in answers} == {303}
    assert len(booked(scene)) == 1
    for answer in answers:
        assert "Wednesday, March 10, 2027" in open_link(scene.chain, answer.headers["Location"]).text


def test_booking_again_keeps_to_notice_and_horizon(scene: Scene) -> None:
    page = scene.open()
    scene.clock.now = on(3, 12)
    choice = page.get(f"{page.path}/again")
    for wished in (on(3, 13), on(3, 9), datetime(2027, 4, 3, 10, tzinfo=on(1, 0).tzinfo)):
        refused = choice.post("/again", time=scene.wish(wished))
        assert refused.status == 409
        assert "cannot be booked any more" in refused.text
    assert len(booked(scene)) == 1


def test_booking_again_is_for_when_the_visit_is_over(scene: Scene) -> None:
    page = scene.open()
    client = page.client
    answer = client.post(f"{page.path}/again", data={"time": scene.wish(on(10, 10))})
    assert answer.status_code == 303
    assert answer.headers["Location"] == page.path
    assert len(booked(scene)) == 1


def test_a_client_with_another_visit_then_is_told_so(scene: Scene) -> None:
    scene.ready.book(on(4, 13), therapist_id=scene.colleague["id"])
    page = scene.open()
    choice = page.get(f"{page.path}/move")
    assert scene.wish(on(4, 13)) not in choice.times("/move").values()
    assert "You have another visit at this time." in choice.post("/move", time=scene.wish(on(4, 13, 30))).text


BAD_TIMES = [
    "",
    "x",
    "..",
    "\x00",
    "2027-03-04T13:00:00Z",
    "99991231T2359.AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA",
    "19700101T0000.AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA",
    "20270304T1300.AAAA.AAAA",
    "20270304T1300.%.%",
    "20270304T1300." + "A" * 100_000,
    "2027 304T1300.AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA",
    "\u0662\u0660\u0662\u06670304T1300.AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA",
    "20270304T1300.AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA",
]


def test_what_no_page_of_ours_wrote_is_a_plain_error_and_changes_nothing(scene: Scene) -> None:
    page = scene.open()
    seen = page.form("/confirm").fields["seen"]
    good = scene.wish(on(4, 13))
    odd = [good.replace("2027", "\u0662\u0660\u0662\u0667"), f"{good}=", good.replace(".", "!."), f" {good}"]
    posts: list[tuple[str, Any]] = [("/move", {"seen": seen, "time": time}) for time in BAD_TIMES + odd]
    posts += [("/move", {"seen": seen}), ("/move", {"time": scene.wish(on(4, 13))}), ("/confirm", b"\xff\x00=&&&=%zz")]
    posts += [(ending, {"seen": bad}) for ending in ("/confirm", "/cancel") for bad in ("", "x", "\x00" * 16, "F" * 16)]
    answers = [page.client.post(page.path + ending, data=data) for ending, data in posts]
    answers += [page.client.post(f"{page.path}/confirm", json={"seen": seen})]
    queries = [
        "from=x",
        "from=20270304",
        "from=9999-12-31",
        "from=2027-02-30",
        "from=%00",
        "clinic=x",
        "clinic=" + "A" * 22,
    ]
    answers += [page.client.get(f"{page.path}/move?{query}") for query in queries]
    for answer in answers:
        assert answer.status_code in {400, 422}, answer.request
        assert answer.mimetype == "text/html"
        assert "Nothing was changed." in answer.text
        assert f'href="{page.path}"' in answer.text
    assert names(scene) == []


def test_a_clinic_or_therapist_of_another_chain_cannot_be_named(scene: Scene, new_scene: Callable[..., Scene]) -> None:
    other = new_scene()
    page = scene.open()
    seen = page.form("/confirm").fields["seen"]
    for time in (
        scene.wish(on(4, 13), other.ready.clinic, scene.ready.therapist),
        scene.wish(on(4, 13), scene.ready.clinic, other.ready.therapist),
    ):
        answer = page.client.post(f"{page.path}/move", data={"seen": seen, "time": time})
        assert answer.status_code == 422
    assert names(scene) == []


def test_too_large_a_form_is_an_error_page(scene: Scene) -> None:
    page = scene.open()
    answer = page.client.post(f"{page.path}/confirm", data={"seen": "x" * 300_000})
    assert answer.status_code == 413
    assert answer.mimetype == "text/html"
