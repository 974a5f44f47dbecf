"""What staff see of caseload reports: by name, those of their clinics or their own, to read, to keep and to ask for."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from uuid import UUID

import pytest
import typst
from babel import Locale
from redis import Redis

from services.treatment.caseload_reports.overview import MOST_THERAPISTS
from services.treatment.staff_pages import report as report_page
from services.treatment.staff_pages.scheduling import EXTENSION as SCHEDULING, Scheduling
from shared.database import Database, make_engine
from shared.events.scheduling import TherapistAdded
from shared.http.limits import HOUR, Counters, Quota
from shared.http.operations import EXTENSION, Parts
from shared.reports.document import Kind
from shared.reports.page import html
from shared.reports.periods import dates_of
from shared.reports.shown import of_days
from shared.reports.words import Words
from tests.integration.test_treatment_pages import looks
from tests.support.api import Chain, Keys, at
from tests.support.both import Both, BothBrowser, Care, care_of
from tests.support.pages import Reader
from tests.support.published import (
    BERLIN,
    Published,
    close_period,
    last_month,
    publish,
    publish_for_closing,
    publisher,
    restate,
)
from tests.support.treatment import Treatment

PAGE = "/staff/reports"
EN = Words(Locale.parse("en"))


@dataclass(frozen=True)
class House:
    """A clinic with a therapist and one with another, and a manager of the first alone."""

    care: Care
    elsewhere: Any
    colleague: Any

    @property
    def both(self) -> Both:
        return self.care.both

    @property
    def theirs(self) -> Chain:
        """The chain as callers of treatment know it."""
        return replace(self.both.staffed.chain, app=self.both.app)

    @property
    def now(self) -> datetime:
        return at(3, 9)

    @property
    def period(self) -> str:
        return last_month(self.now)

    @property
    def ended_at(self) -> datetime:
        end = dates_of(self.period)[2]
        return datetime(end.year, end.month, end.day, tzinfo=BERLIN)

    @property
    def title(self) -> str:
        return of_days(*dates_of(self.period), EN)

    @property
    def clinic_id(self) -> UUID:
        return UUID(self.care.clinic["id"])

    @property
    def therapist_id(self) -> UUID:
        return UUID(self.care.visit["therapist_id"])

    def publish(self, kind: Kind, scope_id: UUID, hours: int = 0, more: int = 0) -> Published:
        """Of the last month, as known when it ended, or some hours later, when so many more visits were known."""
        as_of_at = self.ended_at + timedelta(hours=hours)
        admin = self.theirs.caller("chain_admin")
        return publish(self.theirs, admin, kind, scope_id, self.period, as_of_at, more)

    def browser(self, subject: str) -> BothBrowser:
        browser = self.both.browser
        browser.sign_in(subject)
        return browser


@pytest.fixture
def house(both: Both) -> House:
    care = care_of(both)
    chain = both.staffed.chain
    elsewhere = chain.clinic(name="Demo South")
    colleague = chain.therapist(elsewhere, name="Demo Therapist Two")
    roles = [{"role": "manager", "clinics": [care.clinic["id"]]}]
    person = chain.admin.post("/v1/staff", {"name": "Demo Manager", "roles": roles})
    login = {"issuer": chain.issuer, "subject": "local:manager"}
    chain.admin.post(f"/v1/staff/{person['id']}/logins", login)
    both.follow()
    return House(care, elsewhere, colleague)


def texts(page: str) -> str:
    """What stands on a page, without its marks."""
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL).split())


def test_a_manager_sees_the_reports_of_their_clinic_by_name_and_nothing_of_others(house: House) -> None:
    of_clinic, of_anna = house.publish("clinic", house.clinic_id), house.publish("therapist", house.therapist_id)
    of_other = house.publish("clinic", UUID(house.elsewhere["id"]))
    of_chain = house.publish("chain", house.theirs.id)
    browser = house.browser("local:manager")
    page = browser.get(PAGE)
    assert page.status_code == 200
    for said in ("Demo North", "Demo Therapist One", f"<h2>{house.title}</h2>", of_clinic.id, of_anna.id):
        assert said in page.text
    for hidden in ("Demo South", "Demo Therapist Two", of_other.id, of_chain.id, "The whole chain", "chain."):
        assert hidden not in page.text
    assert (browser.get(f"{PAGE}/{of_other.id}").status_code, browser.get(f"{PAGE}/{of_chain.id}").status_code) == (
        404,
        403,
    )
    for file in ("pdf", "csv"):
        assert browser.get(f"{PAGE}/{of_other.id}/{file}").status_code == 404
    form = browser.form(PAGE, PAGE)
    assert browser.post(form.action, form.fields | {"whose": f"clinic.{house.elsewhere['id']}"}).status_code == 403
    assert browser.post(form.action, form.fields | {"whose": f"chain.{house.theirs.id}"}).status_code == 403


def test_a_report_on_a_page_is_its_rendering_with_the_name_of_today(house: House) -> None:
    made = house.publish("therapist", house.therapist_id)
    browser = house.browser("local:manager")
    page = browser.get(f"{PAGE}/{made.id}")
    assert html(made.others, EN, "Demo Therapist One") in page.text
    german = browser.get(f"{PAGE}/{made.id}", Accept_Language="de-AT,en;q=0.5")
    assert html(made.others, Words(Locale.parse("de_AT")), "Demo Therapist One") in german.text
    styles = page.headers["Content-Security-Policy"].split("style-src ")[1].split(";")[0].split()
    assert len(styles) == page.text.count("<style>") == 2
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
    assert not re.search(r"<script| style=| on\w+=", page.text)


def test_files_are_those_of_the_api_and_name_nobody(house: House) -> None:
    made = house.publish("therapist", house.therapist_id)
    browser = house.browser("local:manager")
    for file, first in (("pdf", b"%PDF"), ("csv", b"period")):
        answer = browser.get(f"{PAGE}/{made.id}/{file}")
        assert answer.data.startswith(first)
        assert answer.headers["Content-Disposition"].startswith("attachment; ")
        assert b"Demo Therapist" not in answer.data
    assert made.others.hash in answer.text
    own = house.browser("local:therapist").get(f"{PAGE}/{made.id}/csv")
    assert made.own is not None
    assert made.own.hash in own.text


def test_no_connection_is_held_while_a_report_is_drawn_or_set(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one connection, whoever asks for another while one is held waits in vain."""
    made = house.publish("clinic", house.clinic_id)
    browser, app, compile_ = house.browser("local:manager"), house.both.app, typst.compile
    parts: Parts = app.extensions[EXTENSION]
    engine = make_engine(house.both.settings.treatment.api, size=1)
    one = Database(engine, sealer=parts.database.sealer, views=parts.database.views)
    app.extensions[EXTENSION] = replace(parts, database=one)
    free = []

    def watched(**source: Any) -> Any:
        with one.reading(house.theirs.id):
            free.append("pdf")
        return compile_(**source)

    def drawn(*given: Any) -> str:
        with one.reading(house.theirs.id):
            free.append("page")
        return html(*given)

    monkeypatch.setattr(typst, "compile", watched)
    monkeypatch.setattr(report_page, "html", drawn)
    assert [browser.get(f"{PAGE}/{made.id}{file}").status_code for file in ("", "/pdf", "/csv")] == [200] * 3
    assert free == ["page", "pdf"]
    engine.dispose()


def test_therapists_see_the_whole_of_their_own_report_and_no_others(house: House) -> None:
    made, clinic = house.publish("therapist", house.therapist_id), house.publish("clinic", house.clinic_id)
    colleague = house.publish("therapist", UUID(house.colleague["id"]))
    browser = house.browser("local:therapist")
    page = browser.get(PAGE).text
    assert made.id in page
    assert "Demo Therapist One" in page
    for hidden in (clinic.id, colleague.id, "Demo Therapist Two", "Demo North", "Demo South"):
        assert hidden not in page
    assert made.own is not None
    assert html(made.own, EN, "Demo Therapist One") in browser.get(f"{PAGE}/{made.id}").text
    assert browser.get(f"{PAGE}/{clinic.id}").status_code == 403
    assert browser.get(f"{PAGE}/{colleague.id}").status_code == 403
    form = browser.form(PAGE, PAGE)
    assert form.fields["whose"] == f"therapist.{house.therapist_id}"
    assert browser.post(form.action, form.fields | {"whose": f"clinic.{house.clinic_id}"}).status_code == 403


def test_a_role_that_holds_everywhere_sees_the_chain_and_all_its_clinics(house: House) -> None:
    made = house.publish("chain", house.theirs.id)
    browser = house.browser("local:chain_admin")
    page = browser.get(PAGE).text
    for said in ("The whole chain", "Demo North", "Demo South", "Demo Therapist One", "Demo Therapist Two"):
        assert said in page
    assert page.index("Demo North") < page.index("Demo South")
    assert html(made.others, EN, "Demo Chain") in browser.get(f"{PAGE}/{made.id}").text


def test_of_more_therapists_than_a_page_holds_those_of_one_clinic_are_shown_and_oneself(
    house: House, keys: Keys
) -> None:
    hire(house, keys, MOST_THERAPISTS + 1)
    own = house.publish("therapist", house.therapist_id)
    roles = {"roles": [{"role": "therapist"}, {"role": "chain_admin"}]}
    house.both.staffed.chain.admin.patch(f"/v1/staff/{house.care.staff_id}", roles)
    house.both.follow()
    browser = house.browser("local:therapist")
    page = browser.get(PAGE).text
    assert "There are many therapists here" in page
    assert own.id in page
    assert "Demo Therapist Two" not in page
    [way] = re.findall(rf'href="({PAGE}[^"]*clinic={house.elsewhere["id"]})"', page)
    of_clinic = browser.get(unescape(way)).text
    assert "Demo Therapist Two" in of_clinic
    assert "There are many therapists here" not in of_clinic
    assert "There are many therapists here" not in house.browser("local:manager").get(PAGE).text


def hire(house: House, keys: Keys, number: int) -> None:
    """So many who work nowhere yet, and come before all others in the order of their ids."""
    known = Treatment(house.both.app, keys, house.theirs.id)
    ids = [UUID(int=n) for n in range(number)]
    added = [TherapistAdded(therapist_id=each, name="Demo", languages=(), qualifications=()) for each in ids]
    known.tell(*added, stream="therapists")


def test_another_chain_and_a_desk_have_nothing_of_it(house: House, new_both: Callable[[], Both]) -> None:
    made = house.publish("clinic", house.clinic_id)
    stranger = new_both().browser
    stranger.sign_in("local:chain_admin")
    for path in ("", "/pdf", "/csv"):
        assert stranger.get(f"{PAGE}/{made.id}{path}").status_code == 404
    assert made.id not in stranger.get(PAGE).text
    desk = house.browser("local:front_desk")
    assert [desk.get(path).status_code for path in (PAGE, f"{PAGE}/{made.id}", "/staff/overdue")] == [403] * 3
    nobody = house.both.browser
    assert nobody.get(f"{PAGE}/{made.id}").status_code == 303


def test_a_report_is_asked_for_once_and_its_page_looks_again_until_it_is_there(house: House) -> None:
    browser = house.browser("local:manager")
    assert "no report yet" in browser.get(PAGE).text
    form = browser.form(PAGE, PAGE)
    wish = form.fields | {"whose": f"clinic.{house.clinic_id}"}
    first, second = browser.post(form.action, wish), browser.post(form.action, wish)
    assert (first.status_code, first.location) == (303, second.location)
    waiting = browser.get(first.location)
    assert "is being made" in waiting.text
    assert waiting.headers["Refresh"] == "5"
    assert "is being made" in browser.get(PAGE).text
    asked = house.theirs.caller("chain_admin").get(f"/v1/caseload-reports/{first.location.rpartition('/')[2]}")
    made = publish(
        house.theirs,
        house.theirs.caller("chain_admin"),
        "clinic",
        house.clinic_id,
        house.period,
        datetime.fromisoformat(asked["as_of"]),
    )
    ready = browser.get(first.location)
    assert made.others.hash[:12] in ready.text
    assert "Refresh" not in ready.headers
    assert first.location in browser.get(PAGE).text


def test_what_could_not_be_made_says_why_and_may_be_asked_for_again(house: House) -> None:
    browser = house.browser("local:manager")
    form = browser.form(PAGE, PAGE)
    path = browser.post(form.action, form.fields | {"whose": f"clinic.{house.clinic_id}"}).location
    fail(house, path)
    page = browser.get(path)
    assert "could not be made" in page.text
    assert "could not be made" in browser.get(PAGE).text
    again = browser.form(path, PAGE)
    assert browser.post(again.action, again.fields).location == path
    assert "is being made" in browser.get(path).text


def fail(house: House, path: str) -> None:
    service = publisher(house.theirs)
    about = {"chain_id": str(house.theirs.id), "report_id": path.rpartition("/")[2]}
    service.post("/internal/v1/caseload-reports", about | {"cause": "gave_up"}, 200)


def test_the_same_as_known_at_other_moments_is_one_step_away(house: House) -> None:
    first, later = house.publish("clinic", house.clinic_id), house.publish("clinic", house.clinic_id, hours=30)
    browser = house.browser("local:manager")
    assert later.id in browser.get(PAGE).text
    assert first.id not in browser.get(PAGE).text
    assert f'href="{PAGE}/{first.id}"' in browser.get(f"{PAGE}/{later.id}").text


def test_any_month_or_week_can_be_chosen_and_nonsense_is_refused(house: House) -> None:
    browser = house.browser("local:manager")
    week = of_days(*dates_of("2026-W02"), EN)
    assert f"<h2>{week}</h2>" in browser.get(f"{PAGE}?period=2026-W02").text
    assert browser.get(f"{PAGE}?period=yesterday").status_code == 422
    assert browser.get(f"{PAGE}?clinic=nowhere").status_code == 404
    assert browser.get("/reports?period=2026-10").location == f"{PAGE}?period=2026-10"


def test_while_scheduling_is_away_the_reports_are_there_without_names(house: House) -> None:
    made = house.publish("clinic", house.clinic_id)
    browser = house.browser("local:manager")
    before = house.both.app.extensions[SCHEDULING]
    house.both.app.extensions[SCHEDULING] = Scheduling("http://127.0.0.1:9", before.token)
    try:
        pages = browser.get(PAGE), browser.get(f"{PAGE}/{made.id}")
    finally:
        house.both.app.extensions[SCHEDULING] = before
    assert [page.status_code for page in pages] == [200, 200]
    assert "scheduling does not answer" in pages[0].text
    assert html(made.others, EN, "") in pages[1].text


def overdue(house: House) -> None:
    """The client of the visit has come, and was to come again two weeks ago."""
    chain, visit = house.both.staffed.chain, house.care.visit
    episode = {"target": "gluteus_maximus", "side": "right", "opened_from": "visit", "complaint": "Hip hurts."}
    about = {"client_id": house.care.client_id, "appointment_id": visit["id"]}
    said_at = (house.now - timedelta(minutes=30)).isoformat()
    made = house.care.therapist.post("/v1/episodes", episode | about | {"happened_at": said_at})
    day = (house.now - timedelta(days=14)).date().isoformat()
    house.care.therapist.put(f"/v1/episodes/{made['id']}/next-visit", {"on": day, "happened_at": said_at})
    chain.desk.call("POST", f"/v1/appointments/{visit['id']}/cancel", 200, {"initiator": "client"}, If_Match="*")
    house.both.follow()


def test_whom_to_call_stands_there_by_name_and_the_look_is_recorded(house: House) -> None:
    browser = house.browser("local:manager")
    assert "nobody to be called" in browser.get(PAGE).text
    assert "Nobody is overdue." in browser.get("/staff/overdue").text
    assert not of_overdue(house)
    overdue(house)
    assert "1 client to be called" in browser.get(PAGE).text
    assert not of_overdue(house)
    page = browser.get("/staff/overdue")
    for said in ("Ada Demo-Client", "Demo Therapist One", "Demo North", "14 days ago"):
        assert said in page.text
    assert of_overdue(house) == {("GET /staff/overdue", "treatment", "manager", "clinical")}
    assert ("POST /internal/v1/names", "treatment", "manager", "identity") in looks(
        house.care, house.both.staffed.chain.app
    )
    assert "Ada Demo-Client" in house.browser("local:therapist").get("/staff/overdue").text
    elsewhere = browser.get(f"/staff/overdue?clinic={house.elsewhere['id']}")
    assert "Ada" not in elsewhere.text
    assert browser.get("/staff/overdue?clinic=nonsense").status_code == 422


def of_overdue(house: House) -> set[tuple[str, ...]]:
    return {each for each in looks(house.care, house.both.app) if each[0] == "GET /staff/overdue"}


def test_a_closed_report_is_marked_and_stays_the_one_to_read(house: House) -> None:
    browser = house.browser("local:manager")
    first = publish_for_closing(house.theirs, "clinic", house.clinic_id, house.period, house.ended_at)
    assert "closed" not in texts(browser.get(PAGE).text)
    close_period(house.theirs, first, house.now)
    later = house.publish("clinic", house.clinic_id, hours=30)
    page = browser.get(PAGE).text
    assert "These reports stay as they are" in page
    assert f"{house.title} (closed)" in page
    assert first.id in page
    assert later.id not in page
    assert "This report is closed" in browser.get(f"{PAGE}/{first.id}").text
    assert "This report is closed" not in browser.get(f"{PAGE}/{later.id}").text


def test_two_moments_stand_beside_each_other_by_what_they_do_not_say_alike(house: House) -> None:
    first, later = house.publish("clinic", house.clinic_id), house.publish("clinic", house.clinic_id, 30, more=1)
    browser = house.browser("local:manager")
    way = f"{PAGE}/{later.id}/comparison?with={first.id}"
    assert f'href="{way}"' in browser.get(f"{PAGE}/{later.id}").text
    page = browser.get(way)
    assert page.status_code == 200
    assert "Attended visits 99 100 +1" in texts(page.text)
    assert page.text.index(first.id) < page.text.index(later.id)
    back = browser.get(f"{PAGE}/{first.id}/comparison?with={later.id}")
    assert "Attended visits 99 100 +1" in texts(back.text)
    of_anna = house.publish("therapist", house.therapist_id)
    assert browser.get(f"{PAGE}/{first.id}/comparison?with={of_anna.id}").status_code == 422
    of_other = house.publish("clinic", UUID(house.elsewhere["id"]))
    for pair in ((first, of_other), (of_other, first)):
        assert browser.get(f"{PAGE}/{pair[0].id}/comparison?with={pair[1].id}").status_code == 404


def test_the_rules_are_read_by_all_and_set_by_who_runs_the_chain(house: House) -> None:
    path = f"{PAGE}/rules"
    manager = house.browser("local:manager")
    assert "close on day 5 of the next one" in manager.get(path).text
    assert f'action="{path}"' not in manager.get(path).text
    admin = house.browser("local:chain_admin")
    form = admin.form(path, path)
    assert manager.post(path, form.fields).status_code == 403
    wish = {name: value for name, value in form.fields.items() if name != "weekly"} | {"closing_day": "7"}
    for fault in ({"closing_day": "29"}, {"closing_day": "x"}, {"time_zone": "Middle/Earth"}, {"version": ""}):
        assert admin.post(path, wish | fault).status_code == 422, fault
    assert admin.post(path, wish).location == path
    assert admin.post(path, wish | {"closing_day": "8"}).status_code == 412
    page = texts(manager.get(path).text)
    assert "close on day 7 of the next one" in page
    assert "Weeks do not close" in page
    assert house.theirs.caller("manager").get("/v1/report-rules")["closing_day"] == 7


def test_what_has_become_known_since_stands_beside_the_report_with_its_cause(house: House) -> None:
    made = house.publish("clinic", house.clinic_id)
    browser, path = house.browser("local:manager"), f"{PAGE}/{made.id}"
    assert "Nobody has looked yet." in browser.get(path).text
    form = browser.form(path, "/restatements")
    assert browser.post(form.action, form.fields).location == path
    assert "It is being looked at." in browser.get(path).text
    restate(house.theirs, made, house.now)
    page = texts(browser.get(path).text)
    today = EN.day(house.now.astimezone(BERLIN).date())
    visit = EN.day(dates_of(house.period)[1])
    assert "Attended visits : 100 instead of 99" in page
    assert f"+1, recorded {today}: visit corrected on {today}, about {visit}" in page
    assert "76% (64 of 84) instead of 78% (63 of 81)" in page
    assert "It is being looked at." not in page
    assert html(made.others, EN, "Demo North") in browser.get(path).text
    elsewhere = house.publish("clinic", UUID(house.elsewhere["id"]))
    assert browser.post(f"{PAGE}/{elsewhere.id}/restatements", form.fields).status_code == 404


def test_who_asks_for_too_much_reads_when_to_come_back_and_keeps_the_wish(house: House, redis_url: str) -> None:
    made = house.publish("clinic", house.clinic_id)
    parts: Parts = house.both.app.extensions[EXTENSION]
    browser = house.browser("local:manager")
    form, again = browser.form(PAGE, PAGE), browser.form(f"{PAGE}/{made.id}", "/restatements")
    wish = form.fields | {"whose": f"clinic.{house.clinic_id}"}
    with Redis.from_url(redis_url) as redis:
        counters = Counters(redis, lambda: 1_800_000_000.0)
        limits = replace(parts.limits, counters=counters, reports=Quota("reports", 1, HOUR))
        house.both.app.extensions[EXTENSION] = replace(parts, limits=limits)
        waiting = browser.post(form.action, wish).location
        for action, fields in ((form.action, wish | {"period": "2026-01"}), (again.action, again.fields)):
            refused = browser.post(action, fields)
            assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3600")
            assert "Many reports at once" in texts(refused.text)
            reader = Reader()
            reader.feed(refused.text)
            [kept] = [each for each in reader.forms if each.action == action]
            assert kept.fields == fields
        assert browser.post(form.action, wish).location == waiting
        redis.flushdb()
        assert browser.post(kept.action, kept.fields).status_code == 303
