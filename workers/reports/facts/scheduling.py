"""What scheduling's events say to reports: visits, the calendar that they stand in, and who is one person."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import msgspec

from shared.events import (
    scheduling as s,
    scheduling_corrections as corrections,
    scheduling_erasure as erasure,
    scheduling_people as people,
)
from workers.reports.facts.model import Fact, Told

Placed = s.AppointmentBooked | s.AppointmentMoved | corrections.AppointmentChanged
PLACE = ("appointment_id", "client_id", "therapist_id", "clinic_id", "starts_at", "ends_at")


def place(event: Placed | corrections.AppointmentStatusCorrected) -> dict[str, Any]:
    return {name: getattr(event, name) for name in PLACE}


def booked(event: s.AppointmentBooked) -> Iterable[Fact]:
    made_at = event.starts_at - timedelta(minutes=event.notice_minutes)
    yield Fact("visit_places", place(event) | {"made_at": made_at}, made_at)
    yield Fact("visit_states", {"appointment_id": event.appointment_id, "status": "booked"}, made_at)


def placed(event: s.AppointmentMoved | corrections.AppointmentChanged) -> Iterable[Fact]:
    yield Fact("visit_places", place(event))


def corrected(event: corrections.AppointmentStatusCorrected) -> Iterable[Fact]:
    """What it became before was never so, nor were its times."""
    yield Fact("visit_places", place(event))
    yield Fact("visit_states", {"appointment_id": event.appointment_id, "status": event.after})


def cancelled(event: s.AppointmentCancelled) -> Iterable[Fact]:
    values = {"status": "cancelled", "initiator": event.initiator, "notice_minutes": event.notice_minutes}
    yield Fact("visit_states", {"appointment_id": event.appointment_id} | values)


def arrived(event: s.AppointmentArrived) -> Iterable[Fact]:
    yield Fact("visit_states", {"appointment_id": event.appointment_id, "status": "arrived"}, event.happened_at)


def fulfilled(event: s.AppointmentFulfilled) -> Iterable[Fact]:
    values = {"actual_starts_at": event.actual_starts_at, "actual_ends_at": event.actual_ends_at}
    state = {"appointment_id": event.appointment_id, "status": "fulfilled"} | values
    yield Fact("visit_states", state, event.happened_at)


def missed(event: s.AppointmentMissed) -> Iterable[Fact]:
    yield Fact("visit_states", {"appointment_id": event.appointment_id, "status": "noshow"}, event.happened_at)


def in_calendar(kind: str, key: object, content: Mapping[str, Any] | None) -> Iterable[Fact]:
    yield Fact("calendar", {"kind": kind, "key": str(key), "content": content})


def opened(event: s.ClinicOpened) -> Iterable[Fact]:
    return in_calendar("clinic", event.clinic_id, {"clinic_id": event.clinic_id})


def terms(event: s.ClinicTermsSet) -> Iterable[Fact]:
    content = {
        "clinic_id": event.clinic_id,
        "valid_from": event.valid_from,
        "time_zone": event.time_zone,
        "hours": msgspec.to_builtins(event.opening_hours),
    }
    return in_calendar("terms", f"{event.clinic_id}:{event.valid_from}", content)


def special_days(event: s.ClinicSpecialDaysSet) -> Iterable[Fact]:
    content = {"clinic_id": event.clinic_id, "days": msgspec.to_builtins(event.special_days)}
    return in_calendar("special_days", event.clinic_id, content)


def closed(event: s.ClosureAdded | s.ClosureChanged) -> Iterable[Fact]:
    content = {"clinic_id": event.clinic_id, "starts_at": event.starts_at, "ends_at": event.ends_at}
    return in_calendar("closure", event.closure_id, content)


def reopened(event: s.ClosureLifted) -> Iterable[Fact]:
    return in_calendar("closure", event.closure_id, None)


def employed(event: s.TherapistAdded | s.TherapistChanged) -> Iterable[Fact]:
    content = {"therapist_id": event.therapist_id, "leaves_on": event.leaves_on}
    return in_calendar("therapist", event.therapist_id, content)


def rota(event: s.TherapistRotaSet) -> Iterable[Fact]:
    content = {"therapist_id": event.therapist_id, "entries": msgspec.to_builtins(event.entries)}
    return in_calendar("rota", event.therapist_id, content)


def absent(event: s.TimeOffAdded | s.TimeOffChanged) -> Iterable[Fact]:
    content = {"therapist_id": event.therapist_id, "starts_at": event.starts_at, "ends_at": event.ends_at}
    return in_calendar("time_off", event.time_off_id, content)


def back(event: s.TimeOffWithdrawn) -> Iterable[Fact]:
    return in_calendar("time_off", event.time_off_id, None)


def merged(event: people.ClientsMerged) -> Iterable[Fact]:
    yield Fact("aliases", {"client_id": event.client_id, "into_id": event.into_id})


def unmerged(event: people.ClientsUnmerged) -> Iterable[Fact]:
    yield Fact("aliases", {"client_id": event.client_id, "into_id": None})


def erased(event: erasure.ClientErased) -> Iterable[Fact]:
    for client_id in event.client_ids:
        yield Fact("erasures", {"client_id": client_id}, event.erased_at)


TOLD: Mapping[type, Told] = {
    s.AppointmentBooked: booked,
    s.AppointmentMoved: placed,
    s.AppointmentCancelled: cancelled,
    s.AppointmentArrived: arrived,
    s.AppointmentFulfilled: fulfilled,
    s.AppointmentMissed: missed,
    corrections.AppointmentStatusCorrected: corrected,
    corrections.AppointmentChanged: placed,
    s.ClinicOpened: opened,
    s.ClinicTermsSet: terms,
    s.ClinicSpecialDaysSet: special_days,
    s.ClosureAdded: closed,
    s.ClosureChanged: closed,
    s.ClosureLifted: reopened,
    s.TherapistAdded: employed,
    s.TherapistChanged: employed,
    s.TherapistRotaSet: rota,
    s.TimeOffAdded: absent,
    s.TimeOffChanged: absent,
    s.TimeOffWithdrawn: back,
    people.ClientsMerged: merged,
    people.ClientsUnmerged: unmerged,
    erasure.ClientErased: erased,
}
