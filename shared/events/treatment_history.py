"""What the treatment service knows of a client from before and beside the sessions: what happened to them, what was
tried, what must not be done, and what they have agreed to.

Dates are as precise as they are remembered, never more. Targets, sides and regions of the body chart are codes, and
`catalogue` is the version that a target's code was taken from; somebody's own words are sealed.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from shared.events.registry import Personal, event
from shared.events.treatment_sessions import Side

Precision = Literal["day", "month", "year", "age"]
InjuryKind = Literal["injury", "surgery", "scar", "accident", "birth", "dental"]
ProviderKind = Literal[
    "doctor",
    "surgeon",
    "physiotherapist",
    "chiropractor",
    "osteopath",
    "massage_therapist",
    "acupuncturist",
    "podiatrist",
    "dentist",
    "trainer",
    "nkt_practitioner",
    "self",
    "other",
]
Result = Literal["none", "temporary", "partial", "worse"]
ContraindicationScope = Literal["absolute", "local"]
Cause = Literal[
    "fever",
    "infection",
    "thrombosis",
    "hypertension",
    "anticoagulants",
    "open_wound",
    "skin_infection",
    "recent_surgery",
    "fracture",
    "varicose_veins",
    "osteoporosis",
    "cancer",
    "pregnancy",
    "implant",
    "other",
]
ConsentScope = Literal["treatment", "sensitive_area", "messaging", "analytics", "case_study"]
Method = Literal["paper", "device", "online", "spoken"]
GivenBy = Literal["client", "guardian"]
WordsOrNone = Annotated[str | None, Personal("clinical", "client_id")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """When something was, as precisely as it is remembered: year, month and day as far as known, or an age in years."""

    precision: Precision
    year: int | None = None
    month: int | None = None
    day: int | None = None
    age: int | None = None


@event("treatment.injury_recorded.v1")
class InjuryRecorded:
    """Something that happened to the client's body; `onset` is None when nobody knows when."""

    client_id: UUID
    injury_id: UUID
    kind: InjuryKind
    target: str | None
    region: str | None
    side: Side | None
    catalogue: int
    onset: Recalled | None
    story: WordsOrNone


@event("treatment.injury_revised.v1")
class InjuryRevised:
    """How it is known from now on, all of it."""

    client_id: UUID
    injury_id: UUID
    kind: InjuryKind
    target: str | None
    region: str | None
    side: Side | None
    catalogue: int
    onset: Recalled | None
    story: WordsOrNone


@event("treatment.prior_attempt_recorded.v1")
class PriorAttemptRecorded:
    """Who tried before to help with it, from when to when, and what came of it; None where that is not known."""

    client_id: UUID
    attempt_id: UUID
    injury_id: UUID | None
    target: str | None
    region: str | None
    side: Side | None
    catalogue: int
    provider_kind: ProviderKind
    started: Recalled | None
    ended: Recalled | None
    result: Result | None
    note: WordsOrNone


@event("treatment.prior_attempt_revised.v1")
class PriorAttemptRevised:
    """How it is known from now on, all of it."""

    client_id: UUID
    attempt_id: UUID
    injury_id: UUID | None
    target: str | None
    region: str | None
    side: Side | None
    catalogue: int
    provider_kind: ProviderKind
    started: Recalled | None
    ended: Recalled | None
    result: Result | None
    note: WordsOrNone


@event("treatment.contraindication_noted.v1")
class ContraindicationNoted:
    """Nothing (`absolute`) or a target or region (`local`) may be worked on, from a day up to and including another."""

    client_id: UUID
    contraindication_id: UUID
    scope: ContraindicationScope
    cause: Cause
    target: str | None
    region: str | None
    side: Side | None
    catalogue: int
    starts_on: date
    ends_on: date | None
    basis: WordsOrNone


@event("treatment.contraindication_revised.v1")
class ContraindicationRevised:
    """How it is known from now on, all of it."""

    client_id: UUID
    contraindication_id: UUID
    scope: ContraindicationScope
    cause: Cause
    target: str | None
    region: str | None
    side: Side | None
    catalogue: int
    starts_on: date
    ends_on: date | None
    basis: WordsOrNone


@event("treatment.contraindication_lifted.v1")
class ContraindicationLifted:
    """From this day on it does not count any more."""

    client_id: UUID
    contraindication_id: UUID
    lifted_on: date
    reason: WordsOrNone


@event("treatment.consent_given.v1")
class ConsentGiven:
    """`text_hash` is the SHA-256, in hexadecimal, of the text that was agreed to, in the language `locale`."""

    client_id: UUID
    consent_id: UUID
    scope: ConsentScope
    text_hash: str
    locale: str
    method: Method
    given_by: GivenBy
    given_at: datetime


@event("treatment.consent_withdrawn.v1")
class ConsentWithdrawn:
    """Whatever was agreed to in this scope before does not count from this moment on."""

    client_id: UUID
    withdrawal_id: UUID
    scope: ConsentScope
    effective_at: datetime
    reason: WordsOrNone


@event("treatment.history_entered_in_error.v1")
class HistoryEnteredInError:
    """An entry of the history was never true of this client."""

    client_id: UUID
    entry_id: UUID
    reason: Annotated[str, Personal("clinical", "client_id")]
