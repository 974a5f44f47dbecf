"""Many callers want the same time, in two server processes at once: one winner, the others 409, never anything else."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

import httpx
import pytest

from services.scheduling.app import create_app
from services.scheduling.chains import create_chain
from services.scheduling.views import VIEWS
from shared.database import Database, make_engine
from shared.embedded.processes import free_port
from shared.settings import Settings
from tests.support import checker
from tests.support.api import WEEK, Chain, Keys, Ready, at, rota_entry
from tests.support.keys import sealer
from tests.support.processes import Launcher

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

CALLERS = 16


@dataclass
class Contest:
    """Two servers on one database, and a chain to fight over."""

    ready: Ready
    urls: Sequence[str]
    database: Database
    settings: Settings

    def race(self, calls: Sequence[tuple[str, str, Any]], **headers: str) -> list[tuple[int, Any]]:
        """Send all calls at once, to the servers in turn; gives status and body of each, in their order."""
        token = self.ready.chain.admin.token
        given = {"Authorization": f"Bearer {token}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        with httpx.Client(timeout=60, headers=given) as client, ThreadPoolExecutor(CALLERS) as pool:

            def send(url: str, call: tuple[str, str, Any]) -> tuple[int, Any]:
                method, path, body = call
                response = client.request(method, url + path, json=body)
                return response.status_code, response.json()

            return list(pool.map(send, cycle(self.urls), calls))

    def book(self, wishes: Sequence[dict[str, Any]]) -> Counter[int]:
        results = self.race([("POST", "/v1/appointments", wish) for wish in wishes])
        return Counter(status for status, _ in results)

    def must_be_sound(self) -> None:
        reader = make_engine(self.settings.scheduling.reader)
        assert checker.faults(reader, self.database, self.ready.chain.id) == []
        reader.dispose()


@pytest.fixture
def contest(launch: Launcher) -> Iterator[Contest]:
    settings = Settings.read(launch.environ)
    app = create_app(settings)
    database = Database(make_engine(settings.scheduling.api), sealer=sealer(), views=VIEWS)
    keys = Keys(settings.auth.issuer_key, settings.auth.service_key)
    chain = Chain(app, keys, create_chain(database, "race", "Demo Race"))
    servers = [launch("scheduling", "api", port=free_port()) for _ in range(2)]
    ready = chain.ready()
    urls = [server.wait_ready().url for server in servers]
    yield Contest(ready, urls, database, settings)
    app.extensions["synergist"].close()
    database.engine.dispose()


def slots(count: int, step: timedelta = timedelta(hours=1)) -> list[datetime]:
    """That many starts, ten hours of each day, from three days ahead."""
    per_day = timedelta(hours=10) // step
    return [at(3 + number // per_day, 9) + step * (number % per_day) for number in range(count)]


def interleaved(groups: Sequence[Sequence[Any]]) -> list[Any]:
    """All members of each group close together, as rivals arrive."""
    return [member for group in groups for member in group]


def people(contest: Contest, count: int) -> list[Any]:
    return [contest.ready.chain.person(name=f"Demo Client {number}") for number in range(count)]


def test_forty_contested_slots_have_forty_winners(contest: Contest) -> None:
    rivals = people(contest, 8)
    wishes = [[contest.ready.wish(start, client_id=each["id"]) for each in rivals] for start in slots(40)]
    assert contest.book(interleaved(wishes)) == {201: 40, 409: 280}
    contest.must_be_sound()


def test_half_overlapping_visits_have_one_winner(contest: Contest) -> None:
    rivals = people(contest, 8)
    half = timedelta(minutes=30)
    wishes = [
        [contest.ready.wish(start + half * (number % 2), client_id=each["id"]) for number, each in enumerate(rivals)]
        for start in slots(20, timedelta(hours=2))
    ]
    assert contest.book(interleaved(wishes)) == {201: 20, 409: 140}
    contest.must_be_sound()


def test_one_room_is_not_given_to_two_therapists(contest: Contest) -> None:
    chain = contest.ready.chain
    therapists = [contest.ready.therapist, chain.therapist(contest.ready.clinic)]
    rivals = people(contest, 8)
    wishes = [
        [
            contest.ready.wish(start, client_id=each["id"], therapist_id=therapists[number % 2]["id"])
            for number, each in enumerate(rivals)
        ]
        for start in slots(20)
    ]
    assert contest.book(interleaved(wishes)) == {201: 20, 409: 140}
    contest.must_be_sound()


def test_one_client_is_not_booked_at_two_clinics(contest: Contest) -> None:
    chain = contest.ready.chain
    other = chain.clinic(name="Other")
    chain.room(other)
    chain.therapist(other)
    clinics = [contest.ready.clinic, other]
    wishes = [[contest.ready.wish(start, clinic_id=clinics[n % 2]["id"]) for n in range(8)] for start in slots(20)]
    assert contest.book(interleaved(wishes)) == {201: 20, 409: 140}
    contest.must_be_sound()


def test_any_therapist_means_two_winners_where_two_are_free(contest: Contest) -> None:
    chain = contest.ready.chain
    chain.room(contest.ready.clinic)
    chain.therapist(contest.ready.clinic)
    rivals = people(contest, 8)
    wishes = [[contest.ready.wish(start, client_id=each["id"]) for each in rivals] for start in slots(20)]
    assert contest.book(interleaved(wishes)) == {201: 40, 409: 120}
    contest.must_be_sound()


def test_two_visits_that_want_each_others_time_end_in_no_deadlock(contest: Contest) -> None:
    rivals = people(contest, 2)
    calls = []
    for start in slots(10, timedelta(hours=2)):
        visits = [
            contest.ready.book(start + timedelta(hours=number), client_id=each["id"])
            for number, each in enumerate(rivals)
        ]
        for visit, wanted in (visits, reversed(visits)):
            path = f"/v1/appointments/{visit['id']}/reschedule"
            calls.append(("POST", path, {"starts_at": wanted["starts_at"]}))
    results = contest.race(calls, If_Match='"1"')
    assert Counter(status for status, _ in results) == {409: 20}
    assert {body["code"] for _, body in results} == {"therapist_taken"}
    contest.must_be_sound()


Blocker = Callable[[Contest, datetime], tuple[str, str, Any]]


def closure(contest: Contest, start: datetime) -> tuple[str, str, Any]:
    span = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=1)).isoformat()}
    return ("POST", f"/v1/clinics/{contest.ready.clinic['id']}/closures", span)


def time_off(contest: Contest, start: datetime) -> tuple[str, str, Any]:
    span = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=1)).isoformat()}
    return ("POST", f"/v1/therapists/{contest.ready.therapist['id']}/time-off", span)


@pytest.mark.parametrize("blocker", [closure, time_off])
def test_a_booking_and_what_closes_its_time_never_both_succeed(contest: Contest, blocker: Blocker) -> None:
    rivals = people(contest, 3)
    starts = slots(20, timedelta(hours=2))
    groups = [
        [
            ("POST", "/v1/appointments", contest.ready.wish(start, client_id=rivals[0]["id"])),
            blocker(contest, start),
            ("POST", "/v1/appointments", contest.ready.wish(start, client_id=rivals[1]["id"])),
        ]
        for start in starts
    ]
    results = contest.race(interleaved(groups))
    for number in range(len(starts)):
        statuses = [status for status, _ in results[number * 3 : number * 3 + 3]]
        assert sorted(statuses) == [201, 409, 409], statuses
    contest.must_be_sound()


def test_a_booking_and_a_rota_that_ends_its_time_never_both_succeed(contest: Contest) -> None:
    chain, clinic = contest.ready.chain, contest.ready.clinic
    shorter = [rota_entry(clinic, day, "08:00", "12:00") for day in WEEK]
    for number in range(8):
        therapist = chain.therapist(clinic)
        wish = contest.ready.wish(at(3 + number, 15), client_id=chain.person()["id"], therapist_id=therapist["id"])
        calls = [
            ("POST", "/v1/appointments", wish),
            ("PUT", f"/v1/therapists/{therapist['id']}/rota", shorter),
        ]
        results = contest.race(calls, If_Match="*")
        statuses = [status for status, _ in results]
        assert statuses in ([201, 409], [409, 200]), results
    contest.must_be_sound()


def test_two_receptionists_who_reassign_the_same_list_decide_each_visit_once(contest: Contest) -> None:
    chain, clinic = contest.ready.chain, contest.ready.clinic
    sick, *colleagues = [contest.ready.therapist, *(chain.therapist(clinic) for _ in range(2))]
    for _ in range(2):
        chain.room(clinic)
    for number in range(4):
        days = 3 + number
        starts = [at(days, hour) for hour in range(9, 15)]
        visits = [contest.ready.with_person().book(start, therapist_id=sick["id"]) for start in starts]
        off = {"starts_at": at(days, 6).isoformat(), "ends_at": at(days, 22).isoformat(), "accept_conflicts": True}
        chain.desk.post(f"/v1/therapists/{sick['id']}/time-off", off)
        ids = [visit["id"] for visit in visits]
        calls = [
            ("POST", "/v1/reassignments", {"appointments": list(order), "to": to, "keep": "time"})
            for order in (ids, ids[::-1])
            for to in ("any", colleagues[0]["id"])
        ]
        results = contest.race(calls)
        assert {status for status, _ in results} == {200}, results
        items = [item for _, body in results for item in body["items"]]
        won = Counter(item["appointment_id"] for item in items if item["outcome"] == "reassigned")
        assert won == dict.fromkeys(ids, 1)
        assert {item["code"] for item in items if item["outcome"] == "refused"} == {"not_disrupted"}
        assert {chain.desk.get(f"/v1/appointments/{each}")["version"] for each in ids} == {3}
    contest.must_be_sound()


def test_a_correction_and_bookings_of_the_freed_time_have_one_winner(contest: Contest) -> None:
    rivals = people(contest, 3)
    starts = slots(20, timedelta(hours=2))
    groups = []
    for start in starts:
        visit = contest.ready.book(start, client_id=rivals[0]["id"])
        contest.ready.chain.desk.change(visit, "cancel")
        correction = ("POST", f"/v1/appointments/{visit['id']}/correct", {"to": "booked", "reason": "wrong tap"})
        bookings = [
            ("POST", "/v1/appointments", contest.ready.wish(start, client_id=each["id"])) for each in rivals[1:]
        ]
        groups.append([bookings[0], correction, bookings[1]])
    results = contest.race(interleaved(groups), If_Match='"2"')
    for number in range(len(starts)):
        [first, corrected, second] = results[number * 3 : number * 3 + 3]
        statuses = [status for status, _ in (first, corrected, second)]
        assert sorted(statuses) in ([200, 409, 409], [201, 409, 409]), statuses
        assert statuses[1] == 200 or corrected[1]["code"] == "therapist_taken"
    contest.must_be_sound()


def test_a_merge_during_bookings_never_leaves_one_person_at_two_visits(contest: Contest) -> None:
    """Each pair of clients is merged while both are being booked for one time with two therapists."""
    chain, clinic = contest.ready.chain, contest.ready.clinic
    chain.room(clinic)
    therapists = [contest.ready.therapist, chain.therapist(clinic)]
    starts = slots(16)
    pairs = [people(contest, 2) for _ in starts]
    groups = [
        [
            *(
                ("POST", "/v1/appointments", contest.ready.wish(start, client_id=each["id"], therapist_id=who["id"]))
                for each, who in zip(pair, therapists, strict=True)
            ),
            ("POST", f"/v1/clients/{pair[0]['id']}/merge", {"into": pair[1]["id"]}),
        ]
        for start, pair in zip(starts, pairs, strict=True)
    ]
    orders = [group[number % 3 :] + group[: number % 3] for number, group in enumerate(groups)]
    results = contest.race(interleaved(orders))
    for number in range(len(starts)):
        statuses = [status for status, _ in results[number * 3 : number * 3 + 3]]
        assert sorted(statuses) in ([200, 201, 409], [201, 201, 409]), statuses
    contest.must_be_sound()
    undone = contest.race([("POST", f"/v1/clients/{pair[0]['id']}/unmerge", {}) for pair in pairs])
    assert {status for status, _ in undone} <= {200, 409}
    contest.must_be_sound()
