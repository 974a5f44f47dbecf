"""The API of disrupted visits: what is listed with the appointments is settled here."""

from typing import Any
from uuid import UUID

from services.scheduling.appointments.decisions.disrupting import Keep
from services.scheduling.appointments.routes import ONE, change
from services.scheduling.appointments.schemas import AppointmentSchema
from services.scheduling.disruptions.reassigning import reassign_all
from services.scheduling.disruptions.schemas import ANY, KeepFields, ReassignmentFields, ReassignmentsSchema
from services.scheduling.disruptions.substitutes import Reassignment
from services.scheduling.known import must_exist
from shared.http.operations import Answer, Call, Operations
from shared.http.problems import BadFields

reassignments = Operations("reassignments", __name__, url_prefix="/v1/reassignments")
keeping = Operations("keeping", __name__, url_prefix="/v1/appointments")


@keeping.command("POST", f"{ONE}/keep", AppointmentSchema, body=KeepFields, if_match=True)
def keep_appointment(call: Call, body: dict[str, Any], appointment_id: UUID) -> Answer:
    """Let a disrupted visit stand although it is outside the rules; its reminders go on."""
    return change(call, appointment_id, Keep(appointment_id, body["reason"]))


@reassignments.command("POST", "", ReassignmentsSchema, body=ReassignmentFields)
def reassign_appointments(call: Call, body: dict[str, Any]) -> Answer:
    """Give disrupted visits to another therapist at the same time, or find them another time.

    One result for each visit: reassigned, with where it is now, or refused, with a code and the nearest free times.
    A visit at a clinic where the caller's role does not hold is refused as one that does not exist.
    """
    ids = body["appointments"]
    if len(set(ids)) < len(ids):
        raise BadFields(appointments=["Each visit once."])
    wish = Reassignment(
        appointment_ids=ids,
        therapist_id=therapist_named(call, body["to"]),
        keeps_time=body["keep"] == "time",
        clinics=call.caller.clinics,
        reason_code=body["reason_code"],
        reason=body["reason"],
    )
    return Answer({"items": reassign_all(call.tx, wish, call.now, call.caller.may_act_at)})


def therapist_named(call: Call, to: str) -> UUID | None:
    """The therapist who is to take the visits; None for any. Raises BadFields."""
    if to == ANY:
        return None
    try:
        therapist_id = UUID(to)
    except ValueError as error:
        raise BadFields(to=["The id of a therapist, or any."]) from error
    must_exist(call.connection, to=("therapists", [therapist_id]))
    return therapist_id


BLUEPRINTS = (keeping, reassignments)
