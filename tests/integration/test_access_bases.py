"""Covering at a clinic and breaking the glass: each open records for a time, in the log before the first look."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from shared.access_log import accesses_of
from shared.auth import Role
from shared.events.scheduling_people import ClientsMerged
from shared.events.scheduling_staff import LoginAttached, RoleGiven, StaffAdded, StaffRevoked
from shared.http.operations import EXTENSION
from shared.http.records import HEADER
from shared.ids import new_id
from shared.minting import sign
from tests.support.api import Api
from tests.support.log import cancelled, corrected, moved
from tests.support.matrix import Undoing
from tests.support.treatment import Therapist, Treatment

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime.now(BERLIN).replace(hour=12, minute=0, second=0, microsecond=0)
REASON = "Fainted in the waiting room."


def visits_of(client_id: UUID) -> str:
    return f"/v1/clients/{client_id}/visits"


def signed_in(treatment: Treatment, role: Role, *clinics: UUID, subject: str = "mona", **claims: Any) -> Api:
    """Somebody whose token is of the app's own moment, with more claims."""
    given = {"role": role, "clinics": [str(each) for each in clinics]} if clinics else {"role": role}
    told: dict[str, Any] = {"iss": "synergist", "sub": subject, "chain_id": str(treatment.chain_id), "roles": [given]}
    told |= {"auth_time": int(datetime.now(UTC).timestamp())}
    return Api(treatment.app.test_client(), sign(treatment.keys.issuer, told | claims, 3600))


def looks(treatment: Treatment, client_id: UUID) -> list[str]:
    with treatment.database.reading(treatment.chain_id) as connection:
        return [each.purpose for each in accesses_of(connection, [client_id], most=100)]


@pytest.fixture
def ben(treatment: Treatment) -> Therapist:
    treatment.set_clock(NOON)
    return treatment.therapist()


def test_covering_opens_the_records_of_those_who_come_today_until_the_day_is_over(
    treatment: Treatment, ben: Therapist
) -> None:
    clinic = treatment.clinic()
    today = treatment.visit(clinic_id=clinic, starts_at=NOON + timedelta(hours=4))
    tomorrow = treatment.visit(clinic_id=clinic, starts_at=NOON + timedelta(days=1))
    elsewhere = treatment.visit(starts_at=NOON + timedelta(hours=4))
    ben.api.get(visits_of(today.client_id), 403)
    cover = ben.api.post("/v1/covers", {"clinic_id": str(clinic)})
    midnight = (NOON + timedelta(days=1)).replace(hour=0)
    assert datetime.fromisoformat(cover["until"]) == midnight.astimezone(UTC)
    answer = ben.api.call("GET", visits_of(today.client_id), 200)
    assert answer.headers[HEADER].startswith("cover; ")
    assert looks(treatment, today.client_id) == ["covering"]
    for other in (tomorrow, elsewhere):
        ben.api.get(visits_of(other.client_id), 403)
    treatment.tell(cancelled(today))
    ben.api.get(visits_of(today.client_id), 403)
    late = treatment.visit(clinic_id=clinic, starts_at=NOON + timedelta(hours=5))
    treatment.set_clock(midnight - timedelta(seconds=1))
    ben.api.get(visits_of(late.client_id))
    treatment.set_clock(midnight)
    ben.api.get(visits_of(late.client_id), 403)


def test_a_cover_ends_when_somebody_ends_it_and_is_listed_all_the_same(treatment: Treatment, ben: Therapist) -> None:
    clinic = treatment.clinic()
    visit = treatment.visit(clinic_id=clinic, starts_at=NOON)
    cover = ben.api.post("/v1/covers", {"clinic_id": str(clinic), "until": (NOON + timedelta(hours=1)).isoformat()})
    ben.api.get(visits_of(visit.client_id))
    manager = signed_in(treatment, "manager", clinic)
    ended = manager.post(f"/v1/covers/{cover['id']}/end", {}, 200)
    assert datetime.fromisoformat(ended["ended_at"]) == NOON.astimezone(UTC)
    ben.api.get(visits_of(visit.client_id), 403)
    assert ben.api.problem("POST", f"/v1/covers/{cover['id']}/end", 409, {})["code"] == "cover_over"
    assert [each["id"] for each in manager.get("/v1/covers")["items"]] == [cover["id"]]
    assert ben.api.get("/v1/covers")["items"][0]["subject"] == str(ben.staff_id)
    assert signed_in(treatment, "manager", new_id()).get("/v1/covers")["items"] == []


@pytest.mark.parametrize("minutes", [0, 12 * 60 + 1])
def test_a_cover_lasts_beyond_now_and_not_beyond_the_clinics_day(
    treatment: Treatment, ben: Therapist, minutes: int
) -> None:
    wish = {"clinic_id": str(treatment.clinic()), "until": (NOON + timedelta(minutes=minutes)).isoformat()}
    assert "until" in ben.api.post("/v1/covers", wish, 422)["fields"]


def test_the_day_of_a_cover_is_the_clinics_own(treatment: Treatment, ben: Therapist) -> None:
    """When it is noon in Berlin it is past midnight in Auckland."""
    clinic = treatment.clinic("Pacific/Auckland")
    until = datetime.fromisoformat(ben.api.post("/v1/covers", {"clinic_id": str(clinic)})["until"])
    there = until.astimezone(ZoneInfo("Pacific/Auckland"))
    assert (there.hour, there.minute) == (0, 0)
    assert timedelta(0) < until - NOON <= timedelta(hours=25)


def test_nobody_covers_where_their_role_does_not_hold(treatment: Treatment) -> None:
    treatment.set_clock(NOON)
    clinic, other = treatment.clinic(), treatment.clinic()
    here = treatment.therapist(clinic)
    here.api.post("/v1/covers", {"clinic_id": str(other)}, 403)
    here.api.post("/v1/covers", {"clinic_id": str(new_id())}, 422)
    here.api.post("/v1/covers", {"clinic_id": str(clinic)})
    treatment.caller("manager").post("/v1/covers", {"clinic_id": str(clinic)}, 403)


def test_who_is_sent_away_and_comes_back_has_no_cover_and_no_glass_any_more(treatment: Treatment) -> None:
    now, clinic, ben = datetime.now(UTC), treatment.clinic("UTC"), treatment.therapist()
    before = now - timedelta(seconds=60)
    covered, needed = treatment.visit(clinic_id=clinic, starts_at=before), treatment.visit()
    treatment.set_clock(before)
    tonight = min(before + timedelta(hours=1), before.replace(hour=23, minute=59, second=59, microsecond=999_999))
    ben.api.post("/v1/covers", {"clinic_id": str(clinic), "until": tonight.isoformat()})
    ben.api.post("/v1/break-glass", {"client_id": str(needed.client_id), "reason": REASON})
    for visit in (covered, needed):
        ben.api.get(visits_of(visit.client_id))
    revoked = StaffRevoked(staff_id=ben.staff_id, valid_from=before + timedelta(microseconds=1))
    treatment.tell(revoked, stream=f"staff-{ben.staff_id}")
    for visit in (covered, needed):
        ben.api.get(visits_of(visit.client_id), 403)


@pytest.mark.parametrize("role", ["therapist", "manager", "chain_admin"])
def test_a_broken_glass_opens_one_record_for_half_an_hour_and_says_so(treatment: Treatment, role: Role) -> None:
    visit, other = treatment.visit(), treatment.visit()
    now = datetime.now(UTC)
    treatment.set_clock(now)
    mona = signed_in(treatment, role)
    mona.get(visits_of(visit.client_id), 403)
    broken = mona.post("/v1/break-glass", {"client_id": str(visit.client_id), "reason": REASON})
    assert datetime.fromisoformat(broken["until"]) == now + timedelta(minutes=30)
    assert broken["clinic_id"] == str(visit.clinic_id)
    answer = mona.call("GET", visits_of(visit.client_id), 200)
    assert answer.headers[HEADER].startswith("break_glass; until=")
    access: Any = answer.get_json()["access"]
    assert (access["basis"], access["id"]) == ("break_glass", broken["id"])
    assert looks(treatment, visit.client_id) == ["break_glass", "break_glass"]
    mona.get(visits_of(other.client_id), 403)
    signed_in(treatment, role, subject="ole").get(visits_of(visit.client_id), 403)
    treatment.set_clock(now + timedelta(minutes=30))
    mona.get(visits_of(visit.client_id), 403)


def test_a_front_desk_breaks_no_glass(treatment: Treatment) -> None:
    visit = treatment.visit()
    body = {"client_id": str(visit.client_id), "reason": REASON}
    treatment.caller("front_desk").post("/v1/break-glass", body, 403)


@pytest.mark.parametrize(
    ("signed_in_before", "token_before", "status"),
    [(None, 0, 401), (60, 0, 201), (301, 0, 401), (60, 301, 401)],
    ids=["nothing said", "signed in just now", "refreshed", "old token of a new sign-in"],
)
def test_whoever_breaks_the_glass_has_just_signed_in(
    treatment: Treatment, signed_in_before: int | None, token_before: int, status: int
) -> None:
    visit, now = treatment.visit(), datetime.now(UTC)
    treatment.set_clock(now)
    claims: dict[str, Any] = {"iat": int(now.timestamp()) - token_before, "auth_time": None}
    if signed_in_before is not None:
        claims["auth_time"] = int(now.timestamp()) - signed_in_before
    mona = signed_in(treatment, "manager", **claims)
    body = {"client_id": str(visit.client_id), "reason": REASON}
    answer = mona.call("POST", "/v1/break-glass", status, body)
    if status == 401:
        assert (answer.get_json() or {})["code"] == "sign_in_again"
        assert 'error="insufficient_user_authentication", max_age="300"' in answer.headers["WWW-Authenticate"]
        mona.get(visits_of(visit.client_id), 403)


def test_the_entry_stands_in_the_log_before_anything_is_open(treatment: Treatment) -> None:
    visit, mona = treatment.visit(), signed_in(treatment, "manager")
    body = {"client_id": str(visit.client_id), "reason": REASON}
    parts = treatment.app.extensions[EXTENSION]
    old = parts.database
    crashing = Undoing(old.engine, views=old.views, sealer=old.sealer)
    treatment.app.extensions[EXTENSION] = replace(parts, database=crashing)
    mona.post("/v1/break-glass", body)
    treatment.app.extensions[EXTENSION] = parts
    assert glasses_in_the_log(treatment) == 0
    mona.get(visits_of(visit.client_id), 403)
    mona.post("/v1/break-glass", body)
    assert glasses_in_the_log(treatment) == 1
    mona.get(visits_of(visit.client_id))


def glasses_in_the_log(treatment: Treatment) -> int:
    """As a connection of its own sees it."""
    with treatment.database.reading(treatment.chain_id) as connection:
        counted = text("SELECT count(*) FROM events WHERE name = 'treatment.glass_broken.v1'")
        return int(connection.execute(counted).scalar_one())


def test_a_glass_goes_with_the_person_it_was_broken_for(treatment: Treatment) -> None:
    visit, person = treatment.visit(), treatment.client()
    mona = signed_in(treatment, "manager")
    mona.post("/v1/break-glass", {"client_id": str(visit.client_id), "reason": REASON})
    treatment.tell(ClientsMerged(client_id=visit.client_id, into_id=person), stream=f"merging-{visit.client_id}")
    mona.get(visits_of(person))


def test_somebody_else_reviews_what_was_broken_at_their_clinic(treatment: Treatment) -> None:
    visit = treatment.visit()
    anna = signed_in(treatment, "therapist", subject="anna")
    broken = anna.post("/v1/break-glass", {"client_id": str(visit.client_id), "reason": REASON})
    here, elsewhere = signed_in(treatment, "manager", visit.clinic_id), signed_in(treatment, "manager", new_id())
    (waiting,) = here.get("/v1/break-glass?reviewed=false")["items"]
    assert (waiting["id"], waiting["reason"], waiting["role"]) == (broken["id"], REASON, "therapist")
    assert elsewhere.get("/v1/break-glass")["items"] == []
    path = f"/v1/break-glass/{broken['id']}/review"
    elsewhere.post(path, {"outcome": "justified"}, 403)
    anna.post(path, {"outcome": "justified"}, 403)
    itself = signed_in(treatment, "manager", subject="anna")
    assert itself.problem("POST", path, 409, {"outcome": "justified"})["code"] == "own_glass"
    reviewed = here.post(path, {"outcome": "not_justified", "note": "It was mere curiosity."}, 200)
    assert (reviewed["outcome"], reviewed["note"]) == ("not_justified", "It was mere curiosity.")
    assert reviewed["reviewed_by"] == "synergist mona"
    assert here.problem("POST", path, 409, {"outcome": "justified"})["code"] == "already_reviewed"
    assert here.get("/v1/break-glass?reviewed=false")["items"] == []
    assert len(here.get("/v1/break-glass?reviewed=true")["items"]) == 1


def test_nobody_becomes_somebody_else_for_the_review_of_their_own_glass(treatment: Treatment) -> None:
    visit, staff_id = treatment.visit(), new_id()
    anna = signed_in(treatment, "chain_admin", subject="anna")
    broken = anna.post("/v1/break-glass", {"client_id": str(visit.client_id), "reason": REASON})
    treatment.tell(
        StaffAdded(staff_id=staff_id, name="Anna", therapist_id=None, roles=None),
        LoginAttached(staff_id=staff_id, issuer="synergist", subject="anna"),
        stream=f"staff-{staff_id}",
    )
    path = f"/v1/break-glass/{broken['id']}/review"
    assert anna.problem("POST", path, 409, {"outcome": "justified"})["code"] == "own_glass"
    anna.get(visits_of(visit.client_id), 403)


def test_a_client_of_no_clinic_is_reviewed_by_whoever_runs_the_whole_chain(treatment: Treatment) -> None:
    client_id = treatment.client()
    anna = signed_in(treatment, "therapist", subject="anna")
    broken = anna.post("/v1/break-glass", {"client_id": str(client_id), "reason": REASON})
    path = f"/v1/break-glass/{broken['id']}/review"
    signed_in(treatment, "manager", new_id()).post(path, {"outcome": "justified"}, 403)
    signed_in(treatment, "chain_admin").post(path, {"outcome": "justified"}, 200)
    anna.post("/v1/break-glass", {"client_id": str(new_id()), "reason": REASON}, 422)
    anna.post("/v1/break-glass", {"client_id": str(client_id), "reason": "short"}, 422)


def waiting(treatment: Treatment) -> list[Any]:
    """The visits in the queue."""
    items: list[Any] = treatment.caller("manager").get("/v1/break-glass?reviewed=false&basis=visit")["items"]
    return items


def test_a_visit_that_its_therapist_has_booked_opens_the_record_and_somebody_else_reviews_that(
    treatment: Treatment,
) -> None:
    anna = treatment.therapist()
    soon = datetime.now(UTC) + timedelta(hours=2)
    visit = treatment.visit(by=str(anna.staff_id), therapist_id=anna.therapist_id, starts_at=soon)
    for _ in range(2):
        anna.api.get(visits_of(visit.client_id))
    (entry,) = waiting(treatment)
    assert (entry["basis"], entry["appointment_id"]) == ("visit", str(visit.appointment_id))
    assert (entry["subject"], entry["clinic_id"]) == (str(anna.staff_id), str(visit.clinic_id))
    assert entry["reason"] is None
    path, body = f"/v1/break-glass/{entry['id']}/review", {"outcome": "justified"}
    signed_in(treatment, "manager", new_id()).post(path, body, 403)
    as_manager = LoginAttached(staff_id=anna.staff_id, issuer="synergist", subject="anna as manager")
    treatment.tell(as_manager, stream=f"staff-{anna.staff_id}")
    anna.api.post(path, body, 403)
    signed_in(treatment, "manager", visit.clinic_id).post(path, body, 200)
    assert waiting(treatment) == []
    assert treatment.caller("manager").get("/v1/break-glass?basis=break_glass")["items"] == []


def test_nobody_reviews_a_visit_of_their_own(treatment: Treatment) -> None:
    staff_id, therapist_id = new_id(), new_id()
    roles = tuple(RoleGiven(role=role, clinics=None) for role in ("therapist", "manager"))
    treatment.tell(
        StaffAdded(staff_id=staff_id, name="Anna", therapist_id=therapist_id, roles=roles),
        LoginAttached(staff_id=staff_id, issuer="synergist", subject="anna"),
        stream=f"staff-{staff_id}",
    )
    visit = treatment.visit(by=str(staff_id), therapist_id=therapist_id, starts_at=datetime.now(UTC))
    anna = signed_in(treatment, "manager", subject="anna")
    anna.get(visits_of(visit.client_id))
    (entry,) = waiting(treatment)
    path = f"/v1/break-glass/{entry['id']}/review"
    assert anna.problem("POST", path, 409, {"outcome": "justified"})["code"] == "own_glass"


def test_a_visit_that_was_taken_over_or_brought_back_is_as_one_that_was_booked_for_oneself(
    treatment: Treatment,
) -> None:
    soon, anna = datetime.now(UTC) + timedelta(hours=2), treatment.therapist()
    ours: dict[str, Any] = {"therapist_id": anna.therapist_id, "starts_at": soon}
    before_attached = "synergist anna at the desk"
    taken, brought, plain = treatment.visit(starts_at=soon), treatment.visit(**ours), treatment.visit(**ours)
    treatment.tell(moved(taken, soon, therapist_id=anna.therapist_id), actor=before_attached)
    treatment.tell(corrected(brought, "noshow", "booked"), actor=str(anna.staff_id))
    treatment.tell(moved(plain, soon + timedelta(hours=1)), actor=str(anna.staff_id))
    attached = LoginAttached(staff_id=anna.staff_id, issuer="synergist", subject="anna at the desk")
    treatment.tell(attached, stream=f"staff-{anna.staff_id}")
    for visit in (taken, brought, plain):
        anna.api.get(visits_of(visit.client_id))
    ids = {each["appointment_id"] for each in waiting(treatment)}
    assert ids == {str(taken.appointment_id), str(brought.appointment_id)}


def test_nobody_covers_for_a_visit_that_they_have_booked(treatment: Treatment, ben: Therapist) -> None:
    clinic = treatment.clinic()
    visit = treatment.visit(by=str(ben.staff_id), clinic_id=clinic, starts_at=NOON + timedelta(hours=1))
    ben.api.post("/v1/covers", {"clinic_id": str(clinic)})
    ben.api.get(visits_of(visit.client_id), 403)
    treatment.visit(client_id=visit.client_id, clinic_id=clinic, starts_at=NOON + timedelta(hours=3))
    ben.api.get(visits_of(visit.client_id))
