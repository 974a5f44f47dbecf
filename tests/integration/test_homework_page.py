"""The page of homework: what is done at home and a word about today, on the client's own clock."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from shared.events.scheduling_erasure import ClientErased
from shared.ids import new_id
from tests.contracts.examples import EXAMPLES
from tests.support.checking_in import Care, a_care
from tests.support.homework import CONTENT, Exercising, exercising
from tests.support.treatment import Treatment

pytestmark = pytest.mark.one_database

ASKED_FOR = text("""
    SELECT data->>'purpose' AS purpose, data->>'about' AS about FROM events
    WHERE name = 'treatment.client_link_asked.v1' ORDER BY position
""")
WHAT_HAPPENED = text("SELECT name FROM events ORDER BY partition, position")


@pytest.fixture
def person(treatment: Treatment) -> Exercising:
    return exercising(treatment)


def everything(person: Exercising) -> list[str]:
    treatment = person.care.treatment
    with treatment.database.reading(treatment.chain_id) as connection:
        return list(connection.execute(WHAT_HAPPENED).scalars())


def pressed(page: TestResponse) -> list[str]:
    return [value for value in ("all", "some", "none") if f'value="{value}" aria-pressed="true"' in page.text]


def test_shows_the_pairs_in_their_order_and_how_often_until_when(person: Exercising) -> None:
    page = person.get().text
    told = ["2 times a day", "until Monday, June 15", "Slowly", "psoas major", "left", "with a ball", "60 seconds"]
    told += ["gluteus maximus", "right", "bridge", "8 repetitions", "Have you done them today?"]
    at = 0
    for word in told:
        assert word in page[at:], word
        at = page.index(word, at)


def test_a_german_reads_german_names_where_the_catalogue_has_them(treatment: Treatment) -> None:
    page = exercising(treatment, locale="de-AT").get().text
    for word in ("2 Mal am Tag", "mit einem Ball", "großer Gesäßmuskel", "rechts", "Brücke", "8 Wiederholungen"):
        assert word in page
    assert "Haben Sie sie heute gemacht?" in page


def test_one_tap_is_a_word_about_today_and_the_last_one_counts(person: Exercising) -> None:
    answer = person.tap("some")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{person.link}?said=noted")
    assert pressed(person.get()) == ["some"]
    person.tap("some")
    person.tap("all")
    assert [name for name in everything(person) if "homework_reported" in name] == [
        "treatment.homework_reported.v1"
    ] * 2
    assert [(each["on"], each["done"], each["source"]) for each in person.homework()["reports"]] == [
        (person.today, "all", "client")
    ]


def test_looking_changes_nothing(person: Exercising) -> None:
    before = everything(person)
    for method in ("GET", "HEAD", "OPTIONS"):
        for query in ("", "?done=all", "?said=noted", "?fresh"):
            person.browser.open(person.link + query, method=method)
    assert everything(person) == before


def test_the_page_has_nothing_that_runs_or_is_fetched_and_is_kept_by_nobody(person: Exercising) -> None:
    page = person.get()
    for written in ("<script", " style=", " onclick=", " src=", "<img", "<link", "http"):
        assert written not in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert (page.headers["Cache-Control"], page.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert "noindex" in page.headers["X-Robots-Tag"]


def test_today_is_that_of_the_clients_clock_and_yesterdays_page_says_nothing_of_it(person: Exercising) -> None:
    late = person.care.now.replace(hour=22, minute=30)
    person.care.treatment.set_clock(late)
    yesterday = person.today
    answer = person.tap("all", day=yesterday)
    assert answer.headers["Location"].endswith("?said=changed")
    assert person.homework()["reports"] == []
    assert "nothing was noted" in person.browser.get(answer.headers["Location"]).text
    person.tap("all", day="2026-06-02")
    assert [each["on"] for each in person.homework()["reports"]] == ["2026-06-02"], "past midnight in Berlin"


@pytest.mark.parametrize(
    "form",
    [{"done": "perhaps"}, {"done": ""}, {"day": "today"}, {"day": "20260601"}, {"day": ""}, {"homework": "this"}],
)
def test_what_no_page_of_ours_sends_is_not_taken(person: Exercising, form: dict[str, str]) -> None:
    before = everything(person)
    sent = {"homework": person.mark, "day": person.today, "done": "all"} | form
    assert person.browser.post(person.link, data=sent).status_code == 400
    assert everything(person) == before


def test_homework_that_is_stopped_or_past_its_last_day_says_so_and_takes_nothing(person: Exercising) -> None:
    person.care.treatment.set_clock(person.care.now + timedelta(days=15))
    assert "Your exercises are over" in person.get().text
    person.care.treatment.set_clock(person.care.now)
    person.care.api.post(f"{person.path}/stop", {}, 200, If_Match="*")
    page = person.get().text
    assert "Your exercises are over" in page
    assert "gluteus" not in page
    assert person.tap("all").headers["Location"].endswith("?said=changed")
    assert person.homework()["reports"] == []
    assert person.care.api.problem("POST", f"{person.path}/link", 409, {})["code"] == "homework_stopped"


def test_what_is_to_begin_is_shown_and_not_yet_asked_about(treatment: Treatment) -> None:
    person = exercising(treatment, starts_on="2026-06-03")
    assert "You begin on Wednesday, June 3." in person.get().text
    assert "<form" not in person.get().text
    assert person.tap("all").headers["Location"].endswith("?said=changed")


def test_all_that_is_done_stands_on_one_page_and_each_is_told_of_by_itself(person: Exercising) -> None:
    other = person.more(per_day=5)
    page = person.get().text
    assert [f"Have you done exercises {number} today?" in page for number in (1, 2, 3)] == [True, True, False]
    assert page.index("2 times a day") < page.index("5 times a day")
    other.tap("all")
    assert [len(each.homework()["reports"]) for each in (person, other)] == [0, 1]
    person.care.api.post(f"{person.path}/stop", {}, 200, If_Match="*")
    page = person.get().text
    assert "5 times a day" in page, "a link to what is over leads to what has taken its place"
    assert "2 times a day" not in page


def test_nobody_tells_of_somebody_elses_homework(person: Exercising) -> None:
    care = person.care
    stranger = a_care(care.treatment)
    about = {"client_id": str(stranger.client_id), "starts_on": "2026-06-01"}
    foreign = replace(person, path=f"/v1/homework/{stranger.api.post('/v1/homework', CONTENT | about)['id']}")
    assert foreign.tap("all").status_code == 404
    assert stranger.api.get(foreign.path)["reports"] == []


def ask_for_fresh(person: Exercising) -> list[UUID]:
    """What fresh links were asked for, after one more is."""
    answer = person.browser.post(f"{person.link}?fresh", buffered=True)
    answer.close()
    assert answer.status_code == 200
    treatment = person.care.treatment
    with treatment.database.reading(treatment.chain_id) as connection:
        rows = connection.execute(ASKED_FOR).all()
    assert {row.purpose for row in rows} <= {"homework"}
    return [UUID(row.about) for row in rows]


def test_a_fresh_link_leads_to_what_was_given_last_and_none_goes_out_when_all_is_over(person: Exercising) -> None:
    other = person.more()
    care = person.care
    care.treatment.set_clock(care.now + timedelta(minutes=1))
    assert ask_for_fresh(person) == [UUID(other.path.rpartition("/")[2])]
    for each in (person, other):
        care.api.post(f"{each.path}/stop", {}, 200, If_Match="*")
    care.treatment.set_clock(care.now + timedelta(hours=2))
    assert len(ask_for_fresh(person)) == 1


def test_the_workers_get_a_link_as_long_as_there_is_something_to_do(person: Exercising) -> None:
    given = person.asked(whose="D.")
    assert given["good_until"].startswith("2026-06-15T23:59:59")
    assert given["good_until"].endswith("+02:00"), "midnight in Berlin"
    page = person.browser.get(urlsplit(given["link"]).path).text
    assert "for D." in page
    assert "for D." not in person.get().text, "a link that was handed over says no more than it did"
    person.care.treatment.set_clock(person.care.now + timedelta(days=20))
    assert person.asked()["stop"] == "over"
    person.care.treatment.set_clock(person.care.now)
    person.care.api.post(f"{person.path}/stop", {}, 200, If_Match="*")
    assert person.asked()["stop"] == "stopped"
    assert replace(person, path=f"/{new_id()}").asked()["stop"] == "unknown"
    running = person.more()
    person.care.treatment.tell(gone(person.care), stream=f"erasure-{person.care.client_id}")
    assert running.asked()["stop"] == "erased"


def gone(care: Care) -> ClientErased:
    ids: dict[str, Any] = {"client_id": care.client_id, "client_ids": (care.client_id,)}
    known: ClientErased = EXAMPLES["scheduling.client_erased.v1"]
    return replace(known, **ids, classes=("contact", "clinical"))


def test_a_link_opens_this_page_alone_and_what_is_wrong_with_one_looks_alike(person: Exercising) -> None:
    wanted = person.browser.get("/c/nothing").text
    check_in = person.link.removesuffix("/homework")
    for path in (check_in, f"{person.link[:-12]}AAA/homework", "/c/nothing/homework"):
        found = person.browser.get(path)
        assert (found.status_code, found.text) == (404, wanted)
    person.care.treatment.set_clock(person.care.now + timedelta(days=46))
    assert person.get().status_code == 404


def test_only_who_may_see_the_record_gets_a_link_and_each_is_another(person: Exercising) -> None:
    again = replace(person, link=person.new_link())
    assert again.link != person.link
    assert (again.get().status_code, person.get().status_code) == (200, 200)
    treatment = person.care.treatment
    for stranger in (treatment.therapist().api, treatment.caller("manager"), treatment.caller("front_desk")):
        stranger.call("POST", f"{person.path}/link", 403, {})


def test_every_look_is_recorded_as_the_clients_own(person: Exercising) -> None:
    person.get()
    manager = person.care.treatment.caller("manager")
    looks: list[Any] = manager.get(f"/v1/clients/{person.care.client_id}/access-log")["items"]
    assert [(each["operation"], each["data_class"]) for each in looks if each["role"] == "client"] == [
        ("GET /c/<address>/homework", "clinical")
    ]
