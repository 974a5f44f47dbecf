"""Why a visit cannot be booked: each reason has a code that never changes and a sentence for the client's phone."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    code: str
    message: str


IN_THE_PAST = Refusal("in_the_past", "This time has already passed.")
NOTICE_TOO_SHORT = Refusal("notice_too_short", "This time is too soon to be booked online; please call the clinic.")
BEYOND_HORIZON = Refusal("beyond_horizon", "This day is too far ahead and cannot be booked yet.")
OFF_GRID = Refusal("off_grid", "Visits of this kind do not start at this minute.")
CLINIC_CLOSED = Refusal("clinic_closed", "The clinic is not open for the whole of this time.")
CLINIC_CLOSURE = Refusal("clinic_closure", "The clinic is closed at this time, outside its usual hours.")
THERAPIST_LEFT = Refusal("therapist_left", "The therapist no longer works here on this day.")
THERAPIST_OFF_ROTA = Refusal("therapist_off_rota", "The therapist does not work at this clinic at this time.")
THERAPIST_TIME_OFF = Refusal("therapist_time_off", "The therapist is away at this time.")
NOT_QUALIFIED = Refusal("not_qualified", "The therapist does not offer this treatment on this day.")
NO_ROOM_OF_KIND = Refusal("no_room_of_kind", "This clinic has no room for this treatment.")
THERAPIST_TAKEN = Refusal("therapist_taken", "The therapist is not free at this time.")
ROOM_TAKEN = Refusal("room_taken", "No room is free at this time.")
CLIENT_TAKEN = Refusal("client_taken", "There is already another visit at this time.")
TRAVEL_TOO_SHORT = Refusal("travel_too_short", "The therapist cannot be at this clinic in time.")
NOT_AVAILABLE = Refusal("not_available", "This time is not available.")
"""All that is said where a visit is in the way at a clinic that the caller may not look into."""

ORDER = (
    IN_THE_PAST,
    NOTICE_TOO_SHORT,
    BEYOND_HORIZON,
    OFF_GRID,
    CLINIC_CLOSED,
    CLINIC_CLOSURE,
    THERAPIST_LEFT,
    THERAPIST_OFF_ROTA,
    THERAPIST_TIME_OFF,
    NOT_QUALIFIED,
    NO_ROOM_OF_KIND,
    THERAPIST_TAKEN,
    ROOM_TAKEN,
    CLIENT_TAKEN,
    TRAVEL_TOO_SHORT,
)
"""The order in which the rules are asked; the first one broken is the answer."""

OVERRIDABLE = frozenset(
    refusal.code
    for refusal in (IN_THE_PAST, NOTICE_TOO_SHORT, BEYOND_HORIZON, OFF_GRID, CLINIC_CLOSED, THERAPIST_OFF_ROTA)
)
"""What staff may set aside, with a reason."""

OF_PLANS = OVERRIDABLE | {CLINIC_CLOSURE.code, THERAPIST_TIME_OFF.code}
"""What is asked of plans alone, not of what has happened.

Nothing that staff say sets aside the rest: who may give a treatment, in what kind of room, and what is taken already,
with its buffers and ways.
"""

OF_PROMISES = OF_PLANS | {THERAPIST_LEFT.code, NOT_QUALIFIED.code, NO_ROOM_OF_KIND.code}
"""What is asked of a new promise, not of one that stands again: of that only what is taken."""
