"""What the scheduling service has recorded: chains, clinics, therapists, offerings and the life of appointments.

Instants are aware and in UTC, clocks are `HH:MM` on the wall of the clinic (`24:00` ends a day), durations are whole
minutes, coordinates are integers of 1e-6 degrees, money is an integer of the currency's minor unit.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from shared.events.registry import Personal, event

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Initiator = Literal["client", "clinic", "therapist"]
Channel = Literal["email", "sms", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    line: str
    city: str
    region: str
    postal_code: str
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Opening hours of one weekday; a `closes` at or before `opens` is on the next day."""

    weekday: Weekday
    opens: str
    closes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DayHours:
    opens: str
    closes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialDay:
    """One date whose hours replace those of its weekday; no hours mean closed."""

    on: date
    hours: tuple[DayHours, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TravelTime:
    to_clinic_id: UUID
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualification:
    """A certificate; `expires_on` is its last valid day."""

    code: str
    expires_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RotaEntry:
    """Weekly hours at one clinic, on its clock; `valid_to` is the last day; `ends` at or before `starts`: next day."""

    clinic_id: UUID
    weekday: Weekday
    starts: str
    ends: str
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    client_id: UUID
    role: Literal["client"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupied:
    """A resource that the visit takes for its time."""

    kind: Literal["therapist", "room", "client"]
    id: UUID
    role: Literal["practitioner", "place", "client"]


LOCK_AFTER_MINUTES = 3
"""After how long an unused tablet locks at chains that have not said otherwise."""


@event("scheduling.chain_created.v1")
class ChainCreated:
    chain_id: UUID
    slug: str
    name: str


@event("scheduling.chain_policy_set.v1")
class ChainPolicySet:
    """`staff_confirmation_wait_seconds`: how long a confirmation of what staff did waits for what they do next.

    What a clinic changes less than `urgent_within_minutes` before a visit goes out on every channel; when nobody has
    confirmed it `confirm_within_minutes` later, a person is to call. A shared tablet that nobody uses locks after
    `lock_after_minutes`.
    """

    chain_id: UUID
    reminder_lead_minutes: tuple[int, ...]
    quiet_from: str
    quiet_to: str
    default_locale: str
    staff_confirmation_wait_seconds: int = 120
    urgent_within_minutes: int = 720
    confirm_within_minutes: int = 30
    lock_after_minutes: int = LOCK_AFTER_MINUTES


@event("scheduling.clinic_opened.v1")
class ClinicOpened:
    clinic_id: UUID
    name: str
    phone: str
    external_ids: dict[str, str] = field(default_factory=dict)


@event("scheduling.clinic_changed.v1")
class ClinicChanged:
    clinic_id: UUID
    name: str
    phone: str
    external_ids: dict[str, str] = field(default_factory=dict)


@event("scheduling.clinic_terms_set.v1")
class ClinicTermsSet:
    """Where a clinic is and when it is open, from `valid_from` on its own calendar until the next terms."""

    clinic_id: UUID
    valid_from: date
    time_zone: str
    address: Address
    latitude_e6: int
    longitude_e6: int
    opening_hours: tuple[Hours, ...]


@event("scheduling.clinic_special_days_set.v1")
class ClinicSpecialDaysSet:
    """All special days of a clinic, replacing those set before."""

    clinic_id: UUID
    special_days: tuple[SpecialDay, ...]


@event("scheduling.clinic_travel_times_set.v1")
class ClinicTravelTimesSet:
    """All travel times from a clinic, replacing those set before."""

    clinic_id: UUID
    travel_times: tuple[TravelTime, ...]


@event("scheduling.closure_added.v1")
class ClosureAdded:
    closure_id: UUID
    clinic_id: UUID
    starts_at: datetime
    ends_at: datetime
    reason: Annotated[str, Personal("contact", "clinic_id")]


@event("scheduling.closure_changed.v1")
class ClosureChanged:
    closure_id: UUID
    clinic_id: UUID
    starts_at: datetime
    ends_at: datetime
    reason: Annotated[str, Personal("contact", "clinic_id")]


@event("scheduling.closure_lifted.v1")
class ClosureLifted:
    closure_id: UUID
    clinic_id: UUID


@event("scheduling.room_added.v1")
class RoomAdded:
    room_id: UUID
    clinic_id: UUID
    name: str
    kind: str
    external_ids: dict[str, str] = field(default_factory=dict)


@event("scheduling.room_changed.v1")
class RoomChanged:
    room_id: UUID
    clinic_id: UUID
    name: str
    kind: str
    external_ids: dict[str, str] = field(default_factory=dict)


@event("scheduling.therapist_added.v1")
class TherapistAdded:
    """`leaves_on` is the last day on which the therapist works."""

    therapist_id: UUID
    name: Annotated[str, Personal("identity", "therapist_id")]
    languages: tuple[str, ...]
    qualifications: tuple[Qualification, ...]
    leaves_on: date | None = None
    external_ids: dict[str, str] = field(default_factory=dict)


@event("scheduling.therapist_changed.v1")
class TherapistChanged:
    therapist_id: UUID
    name: Annotated[str, Personal("identity", "therapist_id")]
    languages: tuple[str, ...]
    qualifications: tuple[Qualification, ...]
    leaves_on: date | None = None
    external_ids: dict[str, str] = field(default_factory=dict)


@event("scheduling.therapist_rota_set.v1")
class TherapistRotaSet:
    """The whole rota, replacing the one before."""

    therapist_id: UUID
    entries: tuple[RotaEntry, ...]


@event("scheduling.time_off_added.v1")
class TimeOffAdded:
    time_off_id: UUID
    therapist_id: UUID
    starts_at: datetime
    ends_at: datetime
    reason: Annotated[str, Personal("contact", "therapist_id")]


@event("scheduling.time_off_changed.v1")
class TimeOffChanged:
    time_off_id: UUID
    therapist_id: UUID
    starts_at: datetime
    ends_at: datetime
    reason: Annotated[str, Personal("contact", "therapist_id")]


@event("scheduling.time_off_withdrawn.v1")
class TimeOffWithdrawn:
    time_off_id: UUID
    therapist_id: UUID


@event("scheduling.offering_added.v1")
class OfferingAdded:
    offering_id: UUID
    offering_version: int
    name: str
    duration_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    qualification: str | None
    room_kind: str | None
    grid_minutes: int
    min_notice_minutes: int
    horizon_days: int
    cancel_notice_minutes: int
    reminder_lead_minutes: tuple[int, ...] | None
    price: Money | None


@event("scheduling.offering_changed.v1")
class OfferingChanged:
    offering_id: UUID
    offering_version: int
    name: str
    duration_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    qualification: str | None
    room_kind: str | None
    grid_minutes: int
    min_notice_minutes: int
    horizon_days: int
    cancel_notice_minutes: int
    reminder_lead_minutes: tuple[int, ...] | None
    price: Money | None


@event("scheduling.appointment_booked.v1")
class AppointmentBooked:
    """A visit was promised: `starts_local` is the wall-clock time told to the client, in `time_zone`.

    `booking_id` is shared by all visits made in one go. `notice_minutes` is how long before the start it was booked,
    `min_notice_minutes` the rule then in force; `overridden` names the rules that staff set aside, with their reason.
    `notify` is false when the client is not to be told by a message, `happened` when it was entered after the fact.
    Of who booked, who is told and who pays, None is the client, or what the rules say. Of a `gift` nobody but the one
    named is told. `confirmed_with` is the visit of the same booking whose confirmation tells of this one as well.
    """

    appointment_id: UUID
    booking_id: UUID
    booked_by: str
    client_id: UUID
    participants: tuple[Participant, ...]
    offering_id: UUID
    offering_version: int
    price: Money | None
    clinic_id: UUID
    therapist_id: UUID
    room_id: UUID | None
    occupies: tuple[Occupied, ...]
    starts_at: datetime
    ends_at: datetime
    starts_local: str
    time_zone: str
    buffer_before_minutes: int
    buffer_after_minutes: int
    cancel_notice_minutes: int
    reminder_lead_minutes: tuple[int, ...]
    notice_minutes: int
    min_notice_minutes: int
    overridden: tuple[str, ...] = ()
    override_reason: Annotated[str | None, Personal("contact", "client_id")] = None
    external_ids: dict[str, str] = field(default_factory=dict)
    notify: bool = True
    happened: bool = False
    booker_client_id: UUID | None = None
    told_client_id: UUID | None = None
    payer_client_id: UUID | None = None
    gift: bool = False
    confirmed_with: UUID | None = None


@event("scheduling.appointment_moved.v1")
class AppointmentMoved:
    """The visit keeps its id and takes another time, therapist, room or clinic; `late`: inside the cancel notice."""

    appointment_id: UUID
    client_id: UUID
    initiator: Initiator
    reason_code: str | None
    reason: Annotated[str | None, Personal("contact", "client_id")]
    clinic_id: UUID
    therapist_id: UUID
    room_id: UUID | None
    occupies: tuple[Occupied, ...]
    starts_at: datetime
    ends_at: datetime
    starts_local: str
    time_zone: str
    previous_starts_at: datetime
    notice_minutes: int
    late: bool
    overridden: tuple[str, ...] = ()
    override_reason: Annotated[str | None, Personal("contact", "client_id")] = None
    notify: bool = True


@event("scheduling.appointment_confirmed.v1")
class AppointmentConfirmed:
    appointment_id: UUID
    client_id: UUID


@event("scheduling.appointment_cancelled.v1")
class AppointmentCancelled:
    """Who began it, minutes before the start (negative after it), the rule in force, and whether that was late."""

    appointment_id: UUID
    client_id: UUID
    initiator: Initiator
    reason_code: str | None
    reason: Annotated[str | None, Personal("contact", "client_id")]
    notice_minutes: int
    cancel_notice_minutes: int
    late: bool
    late_waived: bool = False
    notify: bool = True


@event("scheduling.appointment_lateness_waived.v1")
class AppointmentLatenessWaived:
    """Staff let a late cancellation pass; the visit no longer counts as cancelled late."""

    appointment_id: UUID
    client_id: UUID
    reason: Annotated[str | None, Personal("contact", "client_id")]


@event("scheduling.appointment_arrived.v1")
class AppointmentArrived:
    appointment_id: UUID
    client_id: UUID
    happened_at: datetime
    reason: Annotated[str | None, Personal("contact", "client_id")] = None


@event("scheduling.appointment_fulfilled.v1")
class AppointmentFulfilled:
    """The visit took place; the actual times are None when nobody stated them."""

    appointment_id: UUID
    client_id: UUID
    happened_at: datetime
    actual_starts_at: datetime | None
    actual_ends_at: datetime | None
    reason: Annotated[str | None, Personal("contact", "client_id")] = None


@event("scheduling.appointment_missed.v1")
class AppointmentMissed:
    appointment_id: UUID
    client_id: UUID
    happened_at: datetime
    reason: Annotated[str | None, Personal("contact", "client_id")]


@event("scheduling.appointment_labelled.v1")
class AppointmentLabelled:
    """The ids under which the chain's other systems know the visit, replacing those before."""

    appointment_id: UUID
    external_ids: dict[str, str]
