"""What of a client may go and what has to stay: nothing goes before its day, and nothing stays without a reason.

How to reach somebody is kept for no record, so it may go at once. Who was treated stays with the record of it: so many
years after the last entry, a visit that took place or one in the treatment record, and for somebody who was a minor
then at least until an age. Each clinic has its own rule, and the longest of those where the client was treated holds.
While treatment does not say when its last entry was, nothing of the record goes.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from shared.events.registry import DataClass
from shared.events.scheduling_erasure import Hold, Kept, Stored

OF_AGE = 18
AT_ONCE: tuple[DataClass, ...] = ("contact",)
WITH_THE_RECORD: tuple[DataClass, ...] = ("identity", "clinical")
CLASSES: tuple[DataClass, ...] = (*AT_ONCE, *WITH_THE_RECORD)


@dataclass(frozen=True, slots=True)
class Policy:
    """How long a clinic keeps records: `years` after the last entry, of minors at least to `minors_until_age`.

    `version` counts what the chain has set; 0 is the usual of the clinic's country.
    """

    years: int
    minors_until_age: int | None = None
    version: int = 0


LONGEST = Policy(10, 28)
"""For a country that is not in the list."""

OF_COUNTRIES: Mapping[str, Policy] = {
    "AT": Policy(10),
    "AU": Policy(7, 25),
    "CA": LONGEST,
    "CH": Policy(20),
    "DE": Policy(10),
    "GB": Policy(8, 25),
    "US": Policy(7, 25),
}
"""By ISO 3166 code; where each comes from is in docs/how-to/erase-a-client.md."""


@dataclass(frozen=True, slots=True)
class Treated:
    """The day of the last entry about the client at a clinic, and how long the clinic keeps that."""

    clinic_id: UUID
    last_on: date
    policy: Policy


@dataclass(frozen=True, slots=True)
class Situation:
    """Whom the assessment is about: day of birth if known, where they were treated, and what is not settled yet.

    `complete`: treatment has said what it has, so no later entry is left out. `stores` are where something of them is.
    """

    born: date | None = None
    treated: Collection[Treated] = ()
    holds: tuple[Hold, ...] = ()
    complete: bool = True
    stores: tuple[Stored, ...] = ()


@dataclass(frozen=True, slots=True)
class Assessment:
    """What goes `now`, is `kept` or `undecided`, and from which stores; while anything `holds`, nothing goes."""

    now: tuple[DataClass, ...]
    kept: tuple[Kept, ...]
    holds: tuple[Hold, ...]
    undecided: tuple[DataClass, ...] = ()
    stores: tuple[Stored, ...] = ()


def usual(country: str) -> Policy:
    """What holds at a clinic in this country until the chain says otherwise."""
    return OF_COUNTRIES.get(country.strip().upper(), LONGEST)


def goes_on(last_on: date, born: date | None, policy: Policy) -> date:
    """The first day on which a record with its last entry on `last_on` need not be kept any more."""
    day = years_after(last_on, policy.years) + timedelta(days=1)
    if born is None or policy.minors_until_age is None or last_on >= years_after(born, OF_AGE):
        return day
    return max(day, years_after(born, policy.minors_until_age))


def years_after(day: date, years: int) -> date:
    """The same day in another year; 29 February becomes 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def treated_at(
    visited: Mapping[UUID, date],
    entries: Collection[tuple[UUID | None, date]],
    clients_of: Collection[UUID],
    policies: Mapping[UUID, Policy],
) -> tuple[Treated, ...]:
    """The last entry at each clinic, of its visits and of the treatment record.

    An entry that names no clinic counts at each where the client was treated; where that is none, at those whose client
    they are, else at all of the chain.
    """
    last = dict(visited)
    for clinic_id, day in entries:
        if clinic_id is not None:
            last[clinic_id] = max(last.get(clinic_id, day), day)
    if unplaced := [day for clinic_id, day in entries if clinic_id is None]:
        last |= {each: max(last.get(each, date.min), *unplaced) for each in [*last] or clients_of or policies}
    return tuple(Treated(each, day, policies.get(each, LONGEST)) for each, day in sorted(last.items()))


def assess(situation: Situation, today: date) -> Assessment:
    """What becomes of each class of what is known of a client."""
    if not situation.complete:
        return Assessment(AT_ONCE, (), situation.holds, WITH_THE_RECORD, situation.stores)
    longest = max(
        ((goes_on(each.last_on, situation.born, each.policy), each) for each in situation.treated),
        key=lambda pair: (pair[0], pair[1].clinic_id),
        default=None,
    )
    if longest is None or longest[0] <= today:
        return Assessment(CLASSES, (), situation.holds, stores=situation.stores)
    day, reason = longest
    kept = tuple(
        Kept(
            data_class=each,
            until=day,
            clinic_id=reason.clinic_id,
            last_entry_on=reason.last_on,
            years=reason.policy.years,
            minors_until_age=reason.policy.minors_until_age,
            policy_version=reason.policy.version,
        )
        for each in WITH_THE_RECORD
    )
    return Assessment(AT_ONCE, kept, situation.holds, stores=situation.stores)


def due(kept: Collection[Kept], today: date) -> tuple[DataClass, ...]:
    """The classes whose day has come."""
    return tuple(each.data_class for each in kept if each.until <= today)
