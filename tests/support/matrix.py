"""What the matrix of permissions is tried on: two clinics of one chain and one of another, and a request for each row.

Nothing that is asked here stays: every command is carried out to its end and then undone.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from flask import Flask
from werkzeug.test import TestResponse

from services.permissions.desk import CLOSURES, OUTAGES, TIME_OFF
from services.permissions.record import ONE_ALERT, ONE_REPORT
from shared.auth import Grant, Role
from shared.database import Database
from shared.event_store import Metadata, Transaction
from shared.events.scheduling_devices import DeviceDeclared
from shared.http.operations import EXTENSION
from shared.http.permissions import Operation
from shared.ids import new_id
from tests.support.alerts import an_alert
from tests.support.api import ADDRESS, BERLIN, WEEK, Api, Chain, at

Result = TypeVar("Result")
Body = Callable[["Place"], Any]
AWAY = {"starts_at": at(20, 8).isoformat(), "ends_at": at(20, 9).isoformat()}
ONE_VISIT = "/v1/appointments/<uuid:appointment_id>"
ONE_CLIENT = "/v1/clients/<uuid:client_id>"
ONE_CLINIC = "/v1/clinics/<uuid:clinic_id>"
ONE_THERAPIST = "/v1/therapists/<uuid:therapist_id>"
ONE_OF_STAFF = "/v1/staff/<uuid:staff_id>"
POINT = f"{ONE_CLIENT}/contact-points/<uuid:point_id>"


class Undone(Exception):
    """Ends the transaction of a command that has done everything."""


class Undoing(Database):
    """Carries out each command to its end, and keeps nothing of it."""

    def attempt(self, chain_id: UUID, metadata: Metadata, work: Callable[[Transaction], Result]) -> Result:
        done: list[Result] = []

        def undone(transaction: Transaction) -> Result:
            done.append(work(transaction))
            transaction.commit_events()
            raise Undone

        with suppress(Undone):
            super().attempt(chain_id, metadata, undone)
        return done[0]


def undo_everything(app: Flask) -> None:
    parts = app.extensions[EXTENSION]
    old: Database = parts.database
    app.extensions[EXTENSION] = replace(parts, database=Undoing(old.engine, views=old.views, sealer=old.sealer))


@dataclass(frozen=True)
class Place:
    """One clinic and one of everything that is at it, by the names that routes use; `owner` and `absence` by kind."""

    chain: Chain
    clinic: Any
    ids: Mapping[str, str]
    owners: Mapping[str, str]
    absences: Mapping[str, str]

    def path(self, rule: str) -> str:
        """The address of a route, about what is here."""
        kind = next((kind for kind in (CLOSURES, TIME_OFF, OUTAGES) if rule.startswith(kind)), "")
        ids = {
            **self.ids,
            "locale": "de",
            "owner_id": self.owners.get(kind, ""),
            "absence_id": self.absences.get(kind, ""),
        }
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: ids[found[1]], rule)

    @property
    def every_id(self) -> set[str]:
        return {*self.ids.values(), *self.absences.values()}

    def wish(self, hour: int = 16) -> dict[str, Any]:
        names = ("offering_id", "clinic_id", "client_id")
        return {name: self.ids[name] for name in names} | {"starts_at": at(25, hour).isoformat()}


@dataclass(frozen=True)
class Holder:
    """Somebody in these roles, at these clinics or at all."""

    chain: Chain
    roles: tuple[Role, ...]
    clinics: tuple[str, ...]
    subject: str

    @property
    def grants(self) -> tuple[Grant, ...]:
        return tuple(Grant(role, frozenset(map(UUID, self.clinics)) or None) for role in self.roles)

    @property
    def api(self) -> Api:
        """With a token of their first role."""
        return self.chain.caller(self.roles[0], clinics=self.clinics, subject=self.subject)


def furnish(chain: Chain, offering: Any) -> Place:
    """A clinic with one of everything."""
    clinic = chain.clinic()
    room, therapist = chain.room(clinic), chain.therapist(clinic)
    client = chain.person(home_clinic=clinic["id"])
    other = chain.person(email="other@demo.example", home_clinic=clinic["id"])
    names = {"offering_id": offering["id"], "clinic_id": clinic["id"], "client_id": client["id"]}
    wish = names | {"therapist_id": therapist["id"], "starts_at": at(9).isoformat()}
    visit = chain.desk.post("/v1/appointments", wish)
    booking = chain.desk.post("/v1/bookings", {"visits": [wish | {"starts_at": at(10).isoformat()}]})
    task = {"because": f"matrix:{visit['id']}", "cause": "no_contact", "appointment_id": visit["id"]}
    chain.service.post("/internal/v1/contact-tasks", {"items": [task | {"chain_id": str(chain.id)}]}, 200)
    tasks = chain.desk.get(f"/v1/contact-tasks?clinic_id={clinic['id']}")["items"]
    relation = {"related_client_id": other["id"], "kind": "partner", "may": ["book"], "source": "client"}
    owners = {CLOSURES: clinic["id"], TIME_OFF: therapist["id"], OUTAGES: room["id"]}
    absences = {
        kind: chain.desk.post(kind.replace("<uuid:owner_id>", owner), AWAY)["id"] for kind, owner in owners.items()
    }
    related = chain.desk.post(f"/v1/clients/{client['id']}/relations", relation)
    erasure = chain.desk.post(f"/v1/clients/{client['id']}/erasure-requests", {})
    export = chain.desk.post(f"/v1/clients/{client['id']}/exports", {})
    chain.admin.put("/v1/identity-provider", provider_of(chain))
    device_id = new_id()
    declared = DeviceDeclared(device_id=device_id, clinic_id=UUID(clinic["id"]), name="New", declared_at=at(0))
    happen(chain.app, chain, f"device-{device_id}", declared)
    here = {"name": "Demo Colleague", "roles": [{"role": "front_desk", "clinics": [clinic["id"]]}]}
    return Place(
        chain,
        clinic,
        names
        | {
            "appointment_id": visit["id"],
            "booking_id": booking["booking_id"],
            "task_id": tasks[0]["id"],
            "room_id": room["id"],
            "therapist_id": therapist["id"],
            "other_client_id": other["id"],
            "point_id": client["contact_points"][0]["id"],
            "relation_id": related["id"],
            "request_id": erasure["id"],
            "export_id": export["id"],
            "code": "soleus",
            "device_id": str(device_id),
            "staff_id": chain.admin.post("/v1/staff", here)["id"],
        },
        owners,
        absences,
    )


def new_clinic(_: Place) -> Any:
    hours = [{"weekday": day, "from": "08:00", "to": "20:00"} for day in WEEK]
    place = {"time_zone": "Europe/Berlin", "address": ADDRESS, "phone": "+49301234567", "opening_hours": hours}
    return {"name": "New"} | BERLIN | place


def provider_of(chain: Chain) -> Any:
    """Settings of an identity provider that is not to be used."""
    known = {"issuer": f"https://{chain.id}.example", "application_id": "x", "application_secret": "y"}
    return known | {"roles": [], "enabled": False}


def relation(place: Place) -> Any:
    related = {"related_client_id": place.ids["other_client_id"], "kind": "carer", "may": ["see_care"]}
    return related | {"source": "client"}


def furnish_treatment(place: Place, app: Flask) -> Place:
    """The place with what treatment has of it: a cover and a broken glass, and everybody's glass for its client."""
    clinic = place.ids["clinic_id"]
    begun = at_treatment(place.chain.caller("therapist", clinics=(clinic,), subject=f"colleague at {clinic}"), app)
    broken = {"client_id": place.ids["client_id"], "reason": "a reason that is long enough"}
    requests = f"/v1/clients/{place.ids['client_id']}/amendment-requests"
    made = {"cover_id": "/v1/covers", "break_id": "/v1/break-glass", "asked_id": requests}
    bodies = {"cover_id": {"clinic_id": clinic}, "break_id": broken, "asked_id": {"wish": "x", "way": "letter"}}
    ids = {name: begun.post(path, bodies[name])["id"] for name, path in made.items()}
    ids["episode_id"] = begun.post("/v1/episodes", episode_of(place))["id"]
    asked = at_treatment(place.chain.caller("manager"), app).post("/v1/caseload-reports", report_of(place))
    ids["report_id"] = asked["id"]
    return replace(place, ids={**place.ids, **ids, "alert_id": str(raise_alert(place, app))})


def report_of(place: Place) -> Any:
    return {"scope": "clinic", "scope_id": place.ids["clinic_id"], "period": "2026-01", "as_of": "2026-02-05T06:00:00Z"}


def episode_of(place: Place) -> Any:
    """An episode that leads to the place by its complaint."""
    where = {"target": "soleus", "side": "right", "opened_from": "none", "clinic_id": place.ids["clinic_id"]}
    who = {"client_id": place.ids["client_id"], "lead_therapist_id": place.ids["therapist_id"]}
    return who | where | {"complaint": complaint_of(place)}


def complaint_of(place: Place) -> str:
    return f"It hurts at {place.ids['clinic_id']}."


def raise_alert(place: Place, app: Flask) -> UUID:
    """An alert about the place's client, for its therapist."""
    alert = an_alert(
        client_id=UUID(place.ids["client_id"]),
        clinic_id=UUID(place.ids["clinic_id"]),
        therapist_id=UUID(place.ids["therapist_id"]),
    )
    happen(app, place.chain, f"alert-{alert.alert_id}", alert)
    return alert.alert_id


def happen(app: Flask, chain: Chain, stream: str, event: Any) -> None:
    """Let a stream of the chain begin with an event."""
    metadata = Metadata(actor="matrix", role="client", origin="link", correlation_id="matrix")
    database: Database = app.extensions[EXTENSION].database
    database.command(chain.id, metadata, lambda tx: tx.append(stream, 0, [event]))


def at_treatment(caller: Api, app: Flask) -> Api:
    return replace(caller, client=app.test_client())


def break_glass(callers: Iterable[Holder], places: Iterable[Place], app: Flask) -> None:
    """Open the records of the places' clients to these callers."""
    found = list(places)
    for caller in callers:
        for place in found:
            wish = {"client_id": place.ids["client_id"], "reason": "a reason that is long enough"}
            at_treatment(caller.api, app).post("/v1/break-glass", wish)


TABLET = "/staff/devices"
PIN = "804217"
FORMS: Mapping[tuple[str, str], Body] = {
    ("POST", TABLET): lambda place: {"clinic": place.ids["clinic_id"], "name": "New"},
    ("POST", "/staff/pin"): lambda _: {"pin": PIN, "again": PIN},
    ("POST", "/staff/contact-tasks/<uuid:task_id>/attempts"): lambda place: {
        "outcome": "no_answer",
        "note": "",
        "draft-form": "contact-attempt",
        "draft-subject": place.ids["task_id"],
        "draft-page": str(new_id()),
    },
    ("POST", "/staff/records/<uuid:client_id>/glass"): lambda _: {"reason": "a reason that is long enough"},
    ("POST", "/staff/covers"): lambda place: {"clinic": place.ids["clinic_id"], "until": "", "record": ""},
    ("POST", "/staff/reviews/<uuid:break_id>"): lambda _: {"outcome": "justified"},
    ("POST", "/staff/reports/rules"): lambda _: {"version": "0", "closing_day": "7"},
    ("POST", "/staff/reports"): lambda place: {"whose": f"clinic.{place.ids['clinic_id']}", "period": "2026-01"},
    ("POST", "/staff/alerts/<uuid:alert_id>/acknowledge"): lambda _: {"action": "called"},
    ("POST", "/staff/alerts/<uuid:alert_id>/close"): lambda _: {"outcome": "booked"},
}
"""What is typed into the forms of pages, where something has to be."""

BODIES: Mapping[tuple[str, str], Body] = {
    ("POST", "/v1/appointments"): Place.wish,
    ("PATCH", ONE_VISIT): lambda _: {"external_ids": {"a": "b"}},
    ("POST", f"{ONE_VISIT}/reschedule"): lambda _: {"starts_at": at(26).isoformat()},
    ("POST", f"{ONE_VISIT}/change"): lambda _: {"duration_minutes": 30},
    ("POST", f"{ONE_VISIT}/correct"): lambda _: {"to": "cancelled", "reason": "x"},
    ("POST", f"{ONE_VISIT}/keep"): lambda _: {"reason": "x"},
    ("POST", f"{ONE_VISIT}/readdress"): lambda _: {"told_client_id": None},
    ("POST", "/v1/bookings"): lambda place: {"visits": [place.wish()]},
    ("POST", "/v1/reassignments"): lambda place: {
        "appointments": [place.ids["appointment_id"]],
        "to": "any",
        "keep": "time",
    },
    ("POST", "/v1/contact-tasks/<uuid:task_id>/attempts"): lambda _: {"outcome": "no_answer"},
    ("POST", "/v1/clients"): lambda _: {"name": "New", "time_zone": "Europe/Berlin"},
    ("PATCH", ONE_CLIENT): lambda _: {"called": "New"},
    ("POST", f"{ONE_CLIENT}/merge"): lambda place: {"into": place.ids["other_client_id"]},
    ("POST", f"{ONE_CLIENT}/contact-points"): lambda _: {"kind": "email", "address": "new@demo.example"},
    ("POST", f"{POINT}/replace"): lambda _: {"address": None},
    ("POST", f"{POINT}/block"): lambda _: {"cause": "wrong_person"},
    ("POST", f"{POINT}/unblock"): lambda _: {"evidence": "x"},
    ("POST", f"{ONE_CLIENT}/permissions/give"): lambda _: {"purpose": "marketing"},
    ("POST", f"{ONE_CLIENT}/permissions/withdraw"): lambda _: {"purpose": "marketing"},
    ("POST", f"{ONE_CLIENT}/relations"): relation,
    ("POST", "/v1/erasure-requests/<uuid:request_id>/decline"): lambda _: {"reason": "x"},
    ("PATCH", "/v1/chain"): lambda _: {"default_locale": "de"},
    ("POST", "/v1/clinics"): new_clinic,
    ("PATCH", ONE_CLINIC): lambda _: {"name": "New"},
    ("PUT", f"{ONE_CLINIC}/retention"): lambda _: {"years": 10, "minors_until_age": None},
    ("PUT", f"{ONE_CLINIC}/travel-times"): lambda _: [],
    ("POST", f"{ONE_CLINIC}/rooms"): lambda _: {"name": "New", "kind": "treatment"},
    ("PATCH", f"{ONE_CLINIC}/rooms/<uuid:room_id>"): lambda _: {"name": "New"},
    ("POST", "/v1/offerings"): lambda _: {"name": "New", "duration_minutes": 30},
    ("PATCH", "/v1/offerings/<uuid:offering_id>"): lambda _: {"name": "New"},
    ("POST", "/v1/therapists"): lambda _: {"name": "New"},
    ("PATCH", ONE_THERAPIST): lambda _: {"name": "New"},
    ("PUT", f"{ONE_THERAPIST}/rota"): lambda _: [],
    ("PUT", "/v1/safety-text/<locale>"): lambda _: {"emergency": "Call 112.", "same_day": "See a doctor today."},
    ("PUT", "/v1/pattern-thresholds"): lambda _: {
        "hours_to_hold": 24,
        "holds": 3,
        "span_days": 28,
        "points": 2,
        "percent": 30,
        "little_pain": 1,
    },
    ("PUT", "/v1/check-in-rules"): lambda _: {"rules": None, "offerings": []},
    ("PUT", "/v1/identity-provider"): lambda place: provider_of(place.chain) | {"scope": "openid"},
    ("POST", "/v1/staff"): lambda place: {
        "name": "New",
        "roles": [{"role": "front_desk", "clinics": [place.ids["clinic_id"]]}],
    },
    ("PATCH", ONE_OF_STAFF): lambda _: {"name": "New"},
    ("PUT", f"{ONE_OF_STAFF}/address"): lambda _: {"address": "new@demo.example"},
    ("PUT", "/v1/my-address"): lambda _: {"address": "new@demo.example"},
    ("POST", f"{ONE_OF_STAFF}/logins"): lambda _: {"issuer": "x", "subject": "y"},
    ("POST", f"{ONE_OF_STAFF}/logins/detach"): lambda _: {"issuer": "x", "subject": "y"},
    ("POST", "/v1/covers"): lambda place: {"clinic_id": place.ids["clinic_id"]},
    ("POST", "/v1/break-glass"): lambda place: {
        "client_id": place.ids["client_id"],
        "reason": "a reason that is long enough",
    },
    ("POST", f"{ONE_CLIENT}/amendment-requests"): lambda _: {"wish": "x", "way": "letter"},
    ("POST", "/v1/amendment-requests/<uuid:asked_id>/statements"): lambda _: {"statement": "x", "way": "letter"},
    ("POST", "/v1/caseload-reports"): report_of,
    ("PUT", "/v1/report-rules"): lambda _: {
        "time_zone": None,
        "closing_day": 6,
        "weekly": True,
        "monthly": True,
        "attach_files": False,
    },
    ("POST", f"{ONE_ALERT}/acknowledge"): lambda _: {"action": "called"},
    ("POST", f"{ONE_ALERT}/close"): lambda _: {"outcome": "cleared"},
    ("POST", "/v1/break-glass/<uuid:break_id>/review"): lambda _: {"outcome": "justified"},
    **FORMS,
    **{("POST", kind): lambda _: AWAY for kind in (CLOSURES, TIME_OFF, OUTAGES)},
    **{("PATCH", f"{kind}/<uuid:absence_id>"): lambda _: {"reason": "x"} for kind in (CLOSURES, TIME_OFF, OUTAGES)},
}
"""What is sent along, where something has to be."""


def query_of(row: Operation, place: Place) -> str:
    if row.rule == f"{ONE_CLIENT}/record-difference":
        return "?from=0"
    if row.rule == f"{ONE_REPORT}/comparison":
        return f"?with={place.ids['report_id']}"
    if row.rule != "/v1/availability":
        return ""
    day = {"from": at(2, 0).isoformat(), "to": at(3, 0).isoformat()}
    return "?" + urlencode({"offering_id": place.ids["offering_id"], "clinic_id": place.ids["clinic_id"]} | day)


def ask(caller: Api, row: Operation, place: Place) -> TestResponse:
    """Call the route about what is at the place, with whatever it takes."""
    body = BODIES.get((row.method, row.rule))
    sent = body(place) if body else ({} if row.method == "POST" else None)
    return caller.call(row.method, place.path(row.rule) + query_of(row, place), None, sent, If_Match="*")


def holder(place: Place, role: Role, *, everywhere: bool, hurried: bool = False) -> Holder:
    """Somebody in this role, at this clinic or at all of its chain; the `hurried` one is to break the glass."""
    clinics = () if everywhere else (place.ids["clinic_id"],)
    return Holder(place.chain, (role,), clinics, f"{role} {everywhere} {hurried}")
