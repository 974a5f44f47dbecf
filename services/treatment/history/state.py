"""A client's history as its events leave it: each entry as it was last told, and what has become of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from shared.decider import NotThere, Refused, VersionMismatch
from shared.events import treatment_history as h

Injury: TypeAlias = h.InjuryRecorded | h.InjuryRevised
Attempt: TypeAlias = h.PriorAttemptRecorded | h.PriorAttemptRevised
Contraindication: TypeAlias = h.ContraindicationNoted | h.ContraindicationRevised
Consent: TypeAlias = h.ConsentGiven | h.ConsentWithdrawn
Told: TypeAlias = Injury | Attempt | Contraindication | Consent
HistoryEvent: TypeAlias = Told | h.ContraindicationLifted | h.HistoryEnteredInError


class EntryInError(Refused):
    """The entry was entered in error; enter a new one."""

    code = "entry_in_error"


class EntryLifted(Refused):
    """The contraindication was lifted; note a new one."""

    code = "contraindication_lifted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`told` is the last event that told all of it, `version` its stream's version when it last changed."""

    told: Told
    version: int
    lifted: h.ContraindicationLifted | None = None
    in_error: h.HistoryEnteredInError | None = None

    def must_stand(self, seen: int | None) -> None:
        """Raise VersionMismatch when it is not what was seen, EntryInError, or EntryLifted unless it still counts."""
        if seen is not None and seen != self.version:
            raise VersionMismatch
        if self.in_error is not None:
            raise EntryInError
        if self.lifted is not None:
            raise EntryLifted


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All entries by their ids, in the order in which they were entered."""

    entries: Mapping[UUID, Entry] = field(default_factory=dict)
    version: int = 0

    def entry(self, entry_id: UUID) -> Entry:
        """Raises NotThere."""
        try:
            return self.entries[entry_id]
        except KeyError:
            raise NotThere from None

    @property
    def standing(self) -> Iterator[Entry]:
        """Those that are true of the client."""
        return (each for each in self.entries.values() if each.in_error is None)

    def contraindications(self, on: date) -> list[tuple[UUID, Contraindication]]:
        """Those that count on a day, in the order in which they were noted."""
        return [
            (each.told.contraindication_id, each.told)
            for each in self.standing
            if isinstance(each.told, h.ContraindicationNoted | h.ContraindicationRevised)
            and counts(each.told, each.lifted, on)
        ]

    def consent(self, scope: h.ConsentScope, at: datetime) -> h.ConsentGiven | None:
        """What the client agrees to at a moment; of what is said at the same time a withdrawal counts."""
        said = [
            each.told
            for each in self.standing
            if isinstance(each.told, h.ConsentGiven | h.ConsentWithdrawn)
            and each.told.scope == scope
            and said_at(each.told) <= at
        ]
        last = max(said, key=lambda each: (said_at(each), isinstance(each, h.ConsentWithdrawn)), default=None)
        return last if isinstance(last, h.ConsentGiven) else None


def counts(told: Contraindication, lifted: h.ContraindicationLifted | None, on: date) -> bool:
    if told.starts_on > on or (told.ends_on is not None and told.ends_on < on):
        return False
    return lifted is None or on < lifted.lifted_on


def said_at(consent: Consent) -> datetime:
    return consent.given_at if isinstance(consent, h.ConsentGiven) else consent.effective_at


def id_of(told: Told) -> UUID:
    """The id of the entry that an event tells of."""
    match told:
        case h.InjuryRecorded() | h.InjuryRevised():
            return told.injury_id
        case h.PriorAttemptRecorded() | h.PriorAttemptRevised():
            return told.attempt_id
        case h.ContraindicationNoted() | h.ContraindicationRevised():
            return told.contraindication_id
        case h.ConsentGiven():
            return told.consent_id
        case h.ConsentWithdrawn():
            return told.withdrawal_id
        case _:
            assert_never(told)


def evolve(history: History, event: HistoryEvent) -> History:
    version = history.version + 1
    match event:
        case h.ContraindicationLifted():
            entry_id = event.contraindication_id
            entry = replace(history.entry(entry_id), lifted=event, version=version)
        case h.HistoryEnteredInError():
            entry_id = event.entry_id
            entry = replace(history.entry(entry_id), in_error=event, version=version)
        case _:
            entry_id = id_of(event)
            entry = Entry(told=event, version=version)
    return History(entries={**history.entries, entry_id: entry}, version=version)


def together(histories: Iterable[History]) -> History:
    """One history of a person who was entered under several ids; ids are of time, so entries keep their order."""
    entries = {entry_id: entry for each in histories for entry_id, entry in each.entries.items()}
    return History(entries=dict(sorted(entries.items())))
