"""The page of a check-in: one tap answers, looking changes nothing, and whoever has no link learns nothing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.treatment.alerts.rules import RED_FLAGS
from services.treatment.web import chart
from services.treatment.web.forms import LONGEST_NOTE
from shared.events.treatment_alerts import SafetyTextApproved
from tests.support.log import WHO
from tests.support.questions import Asked, asked, link_to
from tests.support.treatment import Treatment

pytestmark = pytest.mark.one_database

WHAT_HAPPENED = text("SELECT name FROM events ORDER BY partition, position")


@pytest.fixture
def person(treatment: Treatment) -> Asked:
    return asked(treatment)


def everything(person: Asked) -> list[str]:
    treatment = person.care.treatment
    with treatment.database.reading(treatment.chain_id) as connection:
        return list(connection.execute(WHAT_HAPPENED).scalars())


def answer_of(person: Asked) -> dict[str, Any]:
    """What a therapist reads of it."""
    found: dict[str, Any] = next(each for each in person.care.check_ins() if each["status"] == "answered")
    return found


def test_one_tap_answers_and_leads_to_a_page_that_says_so(person: Asked) -> None:
    answer = person.post("", {"score": "4"})
    assert (answer.status_code, answer.headers["Location"]) == (303, person.link)
    assert person.answers() == ["check_in_answered"]
    page = person.get()
    assert "Thank you, we have your answer" in page.text
    assert "<strong>4</strong>" in page.text
    assert answer_of(person)["answer"]["score"] == 4


def test_looking_changes_nothing_however_often_and_whoever_looks(person: Asked) -> None:
    before = everything(person)
    for method in ("GET", "HEAD", "OPTIONS"):
        for path in ("", "?score=7", "?said=more", "?fresh", "/more", "/stop", "/resume"):
            person.browser.open(person.link + path, method=method)
    assert everything(person) == before


def test_the_page_has_nothing_that_runs_or_is_fetched_and_is_kept_by_nobody(person: Asked) -> None:
    for page in (person.get(), person.tap(3)):
        for written in ("<script", " style=", " onclick=", " src=", "<img", "<link", "http", "autofocus", "refresh"):
            assert written not in page.text
        assert "script-src" not in page.headers["Content-Security-Policy"]
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in page.headers["X-Robots-Tag"]
        assert "Set-Cookie" not in page.headers


def test_tapping_twice_or_on_two_devices_is_one_answer(person: Asked) -> None:
    form = person.form() | {"score": "5"}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: person.browser.post(person.link, data=form).status_code, range(4)))
    assert answers == [303] * 4
    assert person.answers() == ["check_in_answered"]


def test_another_number_corrects_the_answer_for_a_day_and_then_no_more(person: Asked) -> None:
    form = person.form()
    person.tap(5)
    person.tap(3)
    assert person.answers() == ["check_in_answered", "check_in_corrected"]
    person.care.treatment.set_clock(person.care.now + timedelta(hours=24, minutes=1))
    late = person.browser.post(person.link, data=form | {"score": "9"}, follow_redirects=True)
    assert "It cannot be changed any more" in late.text
    assert person.answers() == ["check_in_answered", "check_in_corrected"]


def test_what_else_is_said_is_kept_and_shown_again(person: Asked) -> None:
    person.tap(6)
    page = person.say(place=["knee-left", "genital"], note="  stairs are\tworse ", flag=["night_pain"])
    assert "Please see a doctor today" in page.text
    said = answer_of(person)["answer"]
    assert (said["score"], said["note"], said["red_flags"]) == (6, "stairs are worse", ["night_pain"])
    assert sorted(said["places"]) == ["genital", "knee-left"]
    assert 'value="knee-left" checked' in page.text
    assert 'value="stairs are worse"' in page.text
    person.tap(7)
    assert answer_of(person)["answer"]["places"] == said["places"], "another number leaves the rest as it is"


def test_a_page_that_is_older_than_the_answer_puts_nothing_back(person: Asked) -> None:
    person.tap(4)
    stale = person.form("/more")
    person.tap(8)
    late = person.browser.post(f"{person.link}/more", data=stale | {"note": "late"}, follow_redirects=True)
    assert "changed on another page" in late.text
    assert (answer_of(person)["answer"]["score"], answer_of(person)["answer"]["note"]) == (8, None)
    flagged = person.form("/more")
    person.say(flag=["fever"])
    again = person.browser.post(f"{person.link}/more", data=flagged | {"flag": "fever"}, follow_redirects=True)
    assert "changed on another page" not in again.text, "the same twice is said once"
    person.browser.post(f"{person.link}/more", data=flagged, follow_redirects=True)
    assert answer_of(person)["answer"]["red_flags"] == ["fever"]
    assert person.answers() == ["check_in_answered"] + ["check_in_corrected"] * 2


def test_every_place_of_the_chart_and_every_flag_can_be_ticked(person: Asked) -> None:
    page = person.tap(2)
    for code in chart.codes():
        assert f'value="{code}"' in page.text
    for flag in RED_FLAGS:
        assert f'value="{flag}"' in page.text
    person.say(place=list(chart.codes()), flag=list(RED_FLAGS))
    assert len(answer_of(person)["answer"]["places"]) == len(list(chart.codes())) == 49


NOT_OURS: list[tuple[str, dict[str, str]]] = [
    ("", {"score": "11"}),
    ("", {"score": "-1"}),
    ("", {"score": "٣"}),
    ("", {"seen": "x"}),
    ("", {"seen": ""}),
    ("/more", {"place": "left knee"}),
    ("/more", {"flag": "headache"}),
    ("/more", {"homework": "perhaps"}),
    ("/more", {"note": "x" * (LONGEST_NOTE + 1)}),
    ("/more", {"edition": ""}),
    ("/more", {"edition": "-1"}),
]


def test_what_no_page_of_ours_sends_is_not_taken(person: Asked) -> None:
    person.tap(4)
    before = everything(person)
    for path, form in NOT_OURS:
        assert person.post(path, {"score": "5"} | form).status_code == 400, form
    assert everything(person) == before


def test_a_red_flag_is_answered_with_what_to_do_at_once(person: Asked) -> None:
    assert 'role="alert"' not in person.tap(2).text
    urgent = {"bladder_bowel": ("Please get help now", "112"), "calf_swelling": ("Please see a doctor today", "116117")}
    for flag, (heading, number) in urgent.items():
        said = person.say(flag=[flag]).text.partition("<h1>")[0]
        assert heading in said
        assert "nobody reads the answers in real time" in said
        assert f'href="tel:{number}"' in said


@pytest.mark.parametrize(("country", "number"), [("AT", "112"), ("US", "911"), ("XK", None)])
def test_the_emergency_number_is_that_of_the_clinics_country_or_none(
    treatment: Treatment, country: str, number: str | None
) -> None:
    page = asked(treatment, country=country).get().text
    said = f"In an emergency call {number}." if number else "In an emergency call your local emergency number."
    assert said in page


def test_the_chains_own_words_take_the_place_of_ours_in_their_language(person: Asked) -> None:
    treatment, now = person.care.treatment, person.care.now
    words = SafetyTextApproved(
        chain_id=treatment.chain_id,
        locale="en",
        emergency="Call us <b>never</b>",
        same_day="See Dr. Demo",
        approved_at=now,
    )
    treatment.database.command(
        treatment.chain_id, WHO, lambda tx: tx.append(f"safety_text-{treatment.chain_id}", 0, [words])
    )
    person.tap(3)
    page = person.say(flag=["fever"])
    assert "See Dr. Demo" in page.text
    page = person.say(flag=["chest_breath"])
    assert "Call us &lt;b&gt;never&lt;/b&gt;" in page.text


def test_a_client_stops_the_questions_by_one_tap_and_takes_it_back_by_another(person: Asked) -> None:
    page = person.post("/stop", follow_redirects=True)
    assert "We will not ask you any more" in page.text
    assert "check_ins_stopped" in person.happened()
    assert person.care.planned() == []
    page = person.browser.post(f"{person.link}/resume", follow_redirects=True)
    assert "We will not ask you any more" not in page.text
    assert "check_ins_resumed" in person.happened()
    assert person.care.planned() != []
    for _ in range(2):
        person.browser.post(f"{person.link}/stop")
    assert person.happened().count("check_ins_stopped") == 2


def test_a_link_leads_to_the_question_that_is_open_in_the_place_of_its_own(person: Asked) -> None:
    before = person.form()
    link_to(person.care.on(3))
    late = person.browser.post(person.link, data=before | {"score": "9"}, follow_redirects=True)
    assert "Meanwhile there is a new question" in late.text
    assert person.answers() == []
    person.tap(2)
    assert [each["step"] for each in person.care.check_ins() if each["status"] == "answered"] == ["day_3"]


def test_who_answers_by_an_older_link_sees_their_answer_and_may_say_more(person: Asked) -> None:
    link_to(person.care.on(3))
    assert "Thank you, we have your answer" in person.tap(2).text
    assert "Please get help now" in person.say(flag=["chest_breath"]).text
    assert person.answers() == ["check_in_answered", "check_in_corrected"]


def test_when_nothing_is_asked_any_more_the_page_says_so(person: Asked) -> None:
    episode = person.care.api.get(f"/v1/episodes?client_id={person.care.client_id}")["items"][0]
    person.care.api.post(
        f"/v1/episodes/{episode['id']}/discharge", {"outcome": "goal_met", "planned": True}, 200, If_Match="*"
    )
    assert "There is no question now" in person.get().text


BROKEN: dict[str, Callable[[str], str]] = {
    "cut off": lambda link: link[:-1],
    "guessed": lambda link: link[:-22] + "A" * 22,
    "of another purpose": lambda link: f"{link}/homework",
    "nobody's": lambda _: "/c/nothing",
    "empty": lambda _: "/c/",
}


def test_whatever_is_wrong_with_a_link_the_answer_is_the_same(person: Asked) -> None:
    wanted = person.browser.get("/c/AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA").text
    for broken in BROKEN.values():
        found = person.browser.get(broken(person.link))
        assert (found.status_code, found.text) == (404, wanted)


def test_an_old_link_is_answered_like_one_that_never_was(person: Asked) -> None:
    wanted = person.browser.get("/c/nothing").text
    person.care.treatment.set_clock(person.care.now + timedelta(days=30))
    assert (person.get().status_code, person.get().text) == (404, wanted)
    assert person.browser.post(person.link, data={"score": "3", "seen": "x" * 22}).status_code in {400, 404}
    assert person.answers() == []


def test_who_answers_at_the_last_moment_may_still_say_more_for_a_day(person: Asked) -> None:
    treatment = person.care.treatment
    until = datetime.fromisoformat(person.care.check_ins("&status=open")[0]["good_until"])
    treatment.set_clock(until - timedelta(minutes=1))
    person.tap(3)
    treatment.set_clock(until + timedelta(hours=23))
    assert "Please get help now" in person.say(flag=["bladder_bowel"]).text
    assert everything(person).count("treatment.alert_raised.v1") == 1
    treatment.set_clock(until + timedelta(hours=25))
    assert person.get().status_code == 404


def test_who_did_not_answer_in_time_is_told_that_there_is_no_question(person: Asked) -> None:
    before, treatment = person.form(), person.care.treatment
    treatment.set_clock(datetime.fromisoformat(person.care.check_ins("&status=open")[0]["good_until"]))
    late = person.browser.post(person.link, data=before | {"score": "9"}, follow_redirects=True)
    assert "There is no question now" in late.text
    assert person.answers() == []


def ask_for_fresh(person: Asked, path: str) -> str:
    answer = person.browser.post(f"{path}?fresh", buffered=True)
    answer.close()
    assert answer.status_code == 200
    return answer.text


def fresh(person: Asked) -> int:
    return everything(person).count("treatment.client_link_asked.v1")


def test_a_fresh_link_is_asked_for_whoever_it_once_was_and_nobody_is_told_whether(person: Asked) -> None:
    person.care.treatment.set_clock(person.care.now + timedelta(minutes=1))
    said = ask_for_fresh(person, person.link)
    assert fresh(person) == 1
    assert ask_for_fresh(person, person.link) == said
    assert fresh(person) == 1, "not twice within a few minutes"
    for path in (BROKEN["cut off"](person.link), BROKEN["guessed"](person.link), "/c/nothing"):
        assert ask_for_fresh(person, path) == said
    assert fresh(person) == 1


def test_no_fresh_link_goes_out_when_there_is_nothing_to_answer(person: Asked) -> None:
    person.tap(3)
    ask_for_fresh(person, person.link)
    assert fresh(person) == 0


def test_every_look_is_recorded_as_the_clients_own(person: Asked) -> None:
    treatment = person.care.treatment
    person.get()
    person.browser.get("/c/nothing")
    manager = treatment.caller("manager")
    looks = manager.get(f"/v1/clients/{person.care.client_id}/access-log")["items"]
    own = [each for each in looks if each["role"] == "client"]
    assert {(each["actor"], each["operation"], each["data_class"]) for each in own} == {
        (f"client:{person.care.client_id}", "GET /c/<address>", "clinical")
    }


@pytest.mark.parametrize("locale", ["en", "de-AT"])
def test_neither_page_says_who_treats_whom_for_what(treatment: Treatment, locale: str) -> None:
    person = asked(treatment, locale=locale)
    for page in (person.get(), person.tap(8)):
        for word in ("Demo Client", "Demo Therapist", "gluteus", "Gluteus", "pattern", "Muster", "diagnos", "Diagnos"):
            assert word not in page.text.split("</style>")[1]
        assert f'lang="{locale[:2]}"' in page.text
