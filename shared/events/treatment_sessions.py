"""What happens in a session: tests, releases, activations and retests in their order, until it is signed and locked.

Every entry has an id made by whoever charts it, and a `sequence` that no other entry of its session has: that is the
order in which things were done. `happened_at` may be a guess (`approximate`). `catalogue` is the version of the
catalogue of targets that the codes were taken from. Own words are sealed; codes and numbers are not personal text.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from shared.events.registry import Personal, event

Side = Literal["left", "right", "midline", "bilateral"]
Response = Literal["holds", "fails", "delayed", "painful", "unable", "not_tested"]
Grade = Literal["0", "1", "1+", "2-", "2", "2+", "3-", "3", "3+", "4-", "4", "4+", "5-", "5"]
Provoked = Literal[
    "therapy_localisation",
    "stretch",
    "breath_in",
    "breath_out",
    "jaw_clench",
    "jaw_open",
    "eye_position",
    "head_position",
    "load",
    "movement",
]
Position = Literal["supine", "prone", "side_lying", "seated", "standing", "all_fours"]
When = Literal["before", "after", "now", "worst_7_days", "average_7_days"]
Source = Literal["therapist", "client"]
ChartView = Literal["anterior", "posterior"]
Ease = Literal["easy", "limited", "painful", "unable"]
Section = Literal["subjective", "objective", "assessment", "plan", "free"]
Reaction = Literal[
    "soreness", "pain", "bruising", "dizziness", "fainting", "nausea", "headache", "numbness", "skin", "other"
]
Severity = Literal["mild", "moderate", "severe"]
GuardKind = Literal["contraindication", "endangerment", "red_flag"]
MissingCode = Literal[
    "entries",
    "rater",
    "technique",
    "seconds",
    "exercise",
    "dose",
    "outcome",
    "release",
    "activation",
    "retest",
    "pain_before",
    "pain_after",
]
Words = Annotated[str, Personal("clinical", "client_id")]
WordsOrNone = Annotated[str | None, Personal("clinical", "client_id")]
Value = str | int | bool | dict[str, str | int | None] | None
"""What a field of an entry can hold, as JSON has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provocation:
    """What is done while the target is tested: a touch at another target, a breath held, a jaw clenched."""

    type: Provoked
    target: str | None = None
    side: Side | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartPoint:
    """A place on a view of the body chart, in thousandths of its width from the left and of its height from above."""

    x: int
    y: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """What stood in the way of a release; `id` is the contraindication's or flag's, where it is one of the client's."""

    kind: GuardKind
    code: str
    id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What a session lacks for its signature: of an entry, of a loop, or of the session itself."""

    code: MissingCode
    entry_id: UUID | None = None
    loop_id: UUID | None = None


@event("treatment.session_started.v1")
class SessionStarted:
    """The visit it belongs to, and the episode of care, may be linked later."""

    session_id: UUID
    client_id: UUID
    episode_id: UUID | None
    appointment_id: UUID | None
    clinic_id: UUID
    therapist_id: UUID
    room_id: UUID | None
    started_at: datetime
    approximate: bool
    time_zone: str
    catalogue: int


@event("treatment.session_linked.v1")
class SessionLinked:
    """The episode and the visit that it belongs to from now on; both, also the one that has not changed.

    `therapist_id` and `started_at` are the session's, so that the visit can be told that its client has come.
    """

    session_id: UUID
    client_id: UUID
    episode_id: UUID | None
    appointment_id: UUID | None
    therapist_id: UUID
    started_at: datetime


@event("treatment.muscle_tested.v1")
class MuscleTested:
    """`cold`: no release and no activation came before it in its session, as far as was known when it was recorded."""

    session_id: UUID
    client_id: UUID
    test_id: UUID
    sequence: int
    loop_id: UUID | None
    target: str
    side: Side
    response: Response
    cold: bool
    catalogue: int
    grade: Grade | None
    provocation: Provocation | None
    position: Position | None
    quality: str | None
    rater: UUID | None
    blinded: bool | None
    note: WordsOrNone
    happened_at: datetime
    approximate: bool


@event("treatment.muscle_retested.v1")
class MuscleRetested:
    """`of_test_id` is a test of the same target and side: earlier in this session, or in one before when `cold`."""

    session_id: UUID
    client_id: UUID
    test_id: UUID
    of_test_id: UUID
    sequence: int
    loop_id: UUID | None
    target: str
    side: Side
    response: Response
    cold: bool
    catalogue: int
    grade: Grade | None
    provocation: Provocation | None
    position: Position | None
    quality: str | None
    rater: UUID | None
    blinded: bool | None
    note: WordsOrNone
    happened_at: datetime
    approximate: bool


@event("treatment.release_applied.v1")
class ReleaseApplied:
    """`overridden` is what stood in the way, and `override` why it was released all the same."""

    session_id: UUID
    client_id: UUID
    release_id: UUID
    sequence: int
    loop_id: UUID | None
    target: str
    side: Side
    catalogue: int
    technique: str | None
    seconds: int | None
    overridden: tuple[Guarded, ...]
    override: WordsOrNone
    note: WordsOrNone
    happened_at: datetime
    approximate: bool


@event("treatment.activation_performed.v1")
class ActivationPerformed:
    session_id: UUID
    client_id: UUID
    activation_id: UUID
    sequence: int
    loop_id: UUID | None
    target: str
    side: Side
    catalogue: int
    exercise: str | None
    reps: int | None
    seconds: int | None
    note: WordsOrNone
    happened_at: datetime
    approximate: bool


@event("treatment.pain_scored.v1")
class PainScored:
    """A whole number from 0 to 10 on the numeric rating scale (`nrs`); of a target, or of the complaint."""

    session_id: UUID
    client_id: UUID
    score_id: UUID
    sequence: int
    scale: Literal["nrs"]
    value: int
    when: When
    source: Source
    target: str | None
    side: Side | None
    catalogue: int
    note: WordsOrNone
    happened_at: datetime
    approximate: bool


@event("treatment.body_chart_marked.v1")
class BodyChartMarked:
    """`intensity` is a whole number from 0 to 10."""

    session_id: UUID
    client_id: UUID
    mark_id: UUID
    sequence: int
    view: ChartView
    region: str
    side: Side
    point: ChartPoint | None
    quality: str | None
    intensity: int | None
    note: WordsOrNone
    happened_at: datetime
    approximate: bool


@event("treatment.movement_reassessed.v1")
class MovementReassessed:
    """How a movement of the catalogue went before the work and after it, with the pain of each (0 to 10)."""

    session_id: UUID
    client_id: UUID
    reassessment_id: UUID
    sequence: int
    movement: str
    side: Side
    catalogue: int
    before: Ease | None
    pain_before: int | None
    after: Ease | None
    pain_after: int | None
    note: WordsOrNone
    happened_at: datetime
    approximate: bool


@event("treatment.bodywork_given.v1")
class BodyworkGiven:
    session_id: UUID
    client_id: UUID
    bodywork_id: UUID
    sequence: int
    region: str
    side: Side | None
    technique: str | None
    minutes: int | None
    note: WordsOrNone
    happened_at: datetime
    approximate: bool


@event("treatment.note_written.v1")
class NoteWritten:
    """A section of the session's note; a restricted one is for its author's eyes."""

    session_id: UUID
    client_id: UUID
    note_id: UUID
    sequence: int
    section: Section
    body: Words
    restricted: bool
    happened_at: datetime
    approximate: bool


@event("treatment.adverse_reaction_recorded.v1")
class AdverseReactionRecorded:
    """`happened_at` is when it began."""

    session_id: UUID
    client_id: UUID
    reaction_id: UUID
    sequence: int
    kind: Reaction
    severity: Severity
    note: WordsOrNone
    happened_at: datetime
    approximate: bool


@event("treatment.entry_revised.v1")
class EntryRevised:
    """Before the lock an entry got other values: `changes` by field, and other words of its own when `rewritten`."""

    session_id: UUID
    client_id: UUID
    revision_id: UUID
    entry_id: UUID
    changes: dict[str, Value]
    rewritten: bool
    words: WordsOrNone


@event("treatment.session_signed.v1")
class SessionSigned:
    """`content_hash` covers all that the session's stream held up to version `covers`.

    `leaves` is what the signer says is missing and will stay so.
    """

    session_id: UUID
    client_id: UUID
    signer: UUID
    role: str
    covers: int
    content_hash: str
    leaves: tuple[Missing, ...]
    signed_at: datetime


@event("treatment.session_locked.v1")
class SessionLocked:
    """What was signed under `content_hash` does not change any more."""

    session_id: UUID
    client_id: UUID
    locked_by: UUID
    content_hash: str
    locked_at: datetime


@event("treatment.session_countersigned.v1")
class SessionCountersigned:
    """Somebody else than the signer stands by the same content."""

    session_id: UUID
    client_id: UUID
    countersigner: UUID
    role: str
    content_hash: str
    signed_at: datetime


@event("treatment.addendum_appended.v1")
class AddendumAppended:
    """What is added to a locked session; a restricted one is for its author's eyes."""

    session_id: UUID
    client_id: UUID
    addendum_id: UUID
    body: Words
    restricted: bool
    signed_by: UUID
    happened_at: datetime


@event("treatment.amendment_made.v1")
class AmendmentMade:
    """After the lock an entry reads otherwise: as EntryRevised, with the reason; what was locked stays in the log."""

    session_id: UUID
    client_id: UUID
    amendment_id: UUID
    entry_id: UUID
    changes: dict[str, Value]
    rewritten: bool
    words: WordsOrNone
    reason: Words
    signed_by: UUID
    signed_at: datetime


@event("treatment.entered_in_error.v1")
class EnteredInError:
    """The entry never happened; without one, the whole session did not."""

    session_id: UUID
    client_id: UUID
    entry_id: UUID | None
    reason: Words
    signed_by: UUID
    signed_at: datetime
