"""How an attempt at a message ends; what each means for its row is decided in one place, `leases.note`."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider has taken it and calls it `provider_id`."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class RetryLater:
    """It did not go out, and may the next time: `after` that long, or as long as the number of attempts says.

    `provider_away` says that the other messages of this channel need not be tried now either.
    """

    reason: str
    after: timedelta | None = None
    provider_away: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """It can never go out; a person has to see to it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider takes nothing for this address: it does not exist, or has said STOP. Scheduling closes it."""

    reason: str
    cause: Literal["bounce", "stop"]


@dataclass(frozen=True, slots=True)
class NotYet:
    """It may not go out before `until`, and that is nobody's fault."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Nobody wants it any more."""

    reason: str


@dataclass(frozen=True, slots=True)
class Expired:
    """It no longer makes sense."""

    reason: str


@dataclass(frozen=True, slots=True)
class InDoubt:
    """It may have gone out, the provider's answer is lost, and asking again might send it twice."""

    reason: str


Outcome = Sent | RetryLater | Stop | Refused | NotYet | Withdrawn | Expired | InDoubt
