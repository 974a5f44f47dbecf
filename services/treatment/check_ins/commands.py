"""What can be said about the check-ins of a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID

from shared.events import treatment_check_ins as c
from shared.events.treatment_homework import Done
from shared.events.treatment_sessions import Source

RulesOf: TypeAlias = Mapping[UUID, c.CheckInRules | None]
"""What holds today for the visit of each session, by the session's id; None: nobody is asked after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowSession:
    """A session was signed; `goes_on`: its episode of care has not been discharged. `day` is on the clinic's clock."""

    client_id: UUID
    session_id: UUID
    episode_id: UUID | None
    goes_on: bool
    day: date
    time_zone: str
    rules: c.CheckInRules | None
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowDischarge:
    client_id: UUID
    episode_id: UUID
    day: date
    time_zone: str
    rules: c.CheckInRules | None
    now: datetime


@dataclass(frozen=True, slots=True)
class FollowReopening:
    episode_id: UUID
    now: datetime


@dataclass(frozen=True, slots=True)
class DropSession:
    """The session never happened."""

    session_id: UUID
    now: datetime


@dataclass(frozen=True, slots=True)
class Open:
    """A message about it is about to go out."""

    check_in_id: UUID
    rules: RulesOf
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What else a client may say: places as in `CheckInAnswered`."""

    places: tuple[str, ...] = ()
    homework: Done | None = None
    note: str | None = None
    red_flags: tuple[c.RedFlag, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """A score; without details, those that were said before stay.

    `made_from` is the edition of the answer that somebody had before them who says this: where another one holds by
    then, it is not taken. None: they say it whatever was said before.
    """

    score: int
    details: Details | None = None
    made_from: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`after_session`: a session was within the last 48 hours."""

    check_in_id: UUID
    said: Said
    source: Source
    after_session: bool
    now: datetime


@dataclass(frozen=True, slots=True)
class Stop:
    client_id: UUID
    source: Source
    now: datetime


@dataclass(frozen=True, slots=True)
class Resume:
    """`going` are the person's episodes that have not been discharged."""

    client_id: UUID
    by: Source
    going: frozenset[UUID]
    rules: RulesOf
    now: datetime


@dataclass(frozen=True, slots=True)
class NoteSent:
    check_in_id: UUID
    ordinal: int
    channel: c.Channel
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class NoteUndeliverable:
    check_in_id: UUID
    ordinal: int
    cause: str
    rules: RulesOf
    now: datetime


Planning: TypeAlias = FollowSession | FollowDischarge | FollowReopening | DropSession
Asking: TypeAlias = Open | NoteSent | NoteUndeliverable
CheckInCommand: TypeAlias = Planning | Asking | Answer | Stop | Resume
