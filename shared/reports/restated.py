"""What a report would say otherwise, in words: each number as it was and is, and the events that made it so.

It tells what the documents tell: moments and kinds of events, and nobody.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from shared.reports.document import Metric, Unit
from shared.reports.names import EVENTS, METRICS, REASONS, name_of
from shared.reports.restatement import ELAPSED, Cause, Change, Compared, Line, Numbers, Restatement
from shared.reports.shown import amount, made_of, value
from shared.reports.words import NOTHING, Words, gettext

MOST_CAUSES = 20
"""Of one number; how many more there are is said."""

SPANS = {"rebooking_rate": gettext("72 hours"), "check_in_response": gettext("7 days")}
"""What has to pass before something is counted."""

Either = Line | Compared


@dataclass(frozen=True, slots=True)
class Told:
    """One number at both ends; `because` are sentences, and `more` how many are left out."""

    name: str
    before: str
    after: str
    difference: str
    because: tuple[str, ...] = ()
    more: int = 0


def told(restatement: Restatement, words: Words) -> list[Told]:
    """The lines of a restatement, on the clock of its period."""
    zone = ZoneInfo(restatement.period.time_zone)
    return [line_told(line, zone, words) for line in restatement.lines]


def line_told(line: Line, zone: ZoneInfo, words: Words) -> Told:
    causes = tuple(sentence(line, cause, zone, words) for cause in line.causes[:MOST_CAUSES])
    more = max(0, len(line.causes) - MOST_CAUSES)
    return Told(name(line, words), said(line, line.before, words), said(line, line.after, words), "", causes, more)


def differences(numbers: Sequence[Compared], words: Words) -> list[Told]:
    """The numbers that two reports do not say alike."""
    return [
        Told(
            name(each, words),
            said(each, each.before, words),
            said(each, each.after, words),
            changed(each, each.change, words),
        )
        for each in numbers
        if each.before != each.after
    ]


def name(of: Either, words: Words) -> str:
    whole = words.gettext(name_of(of.code, METRICS))
    return f"{whole}, {words.gettext(name_of(of.part, METRICS))}" if of.part else whole


def said(of: Either, numbers: Numbers, words: Words) -> str:
    """The value and what it is made of, as the report itself says them."""
    metric = metric_of(of.part or of.code, of.unit, of.population, numbers)
    made = made_of(metric, words) if metric.value is not None else ""
    return f"{value(metric, words)} ({made})" if made else value(metric, words)


def metric_of(code: str, unit: Unit, population: str, numbers: Numbers) -> Metric:
    return Metric(
        code=code,
        unit=unit,
        population=population,
        value=numbers.value,
        numerator=numbers.numerator,
        denominator=numbers.denominator,
        why_none=numbers.why_none,
    )


def sentence(line: Line, cause: Cause, zone: ZoneInfo, words: Words) -> str:
    """Such as: +1 counted, recorded Nov 3, 2026: visit booked on Sep 26, 2026."""
    change = changed(line, cause.change, words)
    if cause.name == ELAPSED or cause.recorded_at is None:
        return waited(line, change, words)
    recorded = day(cause.recorded_at, zone, words)
    return words.gettext(
        "%(change)s, recorded %(day)s: %(what)s", change=change, day=recorded, what=event(cause, zone, words)
    )


def waited(line: Line, change: str, words: Words) -> str:
    span = SPANS.get(line.code)
    if span is None:
        return words.gettext("%(change)s: the time to wait for has passed by now", change=change)
    return words.gettext(
        "%(change)s: the %(span)s to wait for have passed by now", change=change, span=words.gettext(span)
    )


def event(cause: Cause, zone: ZoneInfo, words: Words) -> str:
    what = words.gettext(name_of(code_of(cause.name), EVENTS))
    if cause.happened_at is None:
        return what
    happened = day(cause.happened_at, zone, words)
    if cause.about_at is None:
        return words.gettext("%(what)s on %(day)s", what=what, day=happened)
    about = day(cause.about_at, zone, words)
    return words.gettext("%(what)s on %(day)s, about %(about)s", what=what, day=happened, about=about)


def code_of(event_name: str) -> str:
    """`appointment_booked` of `scheduling.appointment_booked.v1`."""
    parts = event_name.split(".")
    return parts[1] if len(parts) > 1 else event_name


def day(at: datetime, zone: ZoneInfo, words: Words) -> str:
    return words.day(at.astimezone(zone).date())


def changed(of: Either, change: Change, words: Words) -> str:
    """How much more, of what was counted and of all; a dash where nothing is shown."""
    return ", ".join(pieces(of, change, words)) or NOTHING


def pieces(of: Either, change: Change, words: Words) -> Iterator[str]:
    if change.numerator:
        yield words.gettext("%(n)s counted", n=signed(change.numerator, words))
    elif change.value and (change.numerator is None or of.unit != "share"):
        metric = metric_of(of.part or of.code, of.unit, of.population, of.after)
        yield ("+" if change.value > 0 else "") + amount(metric, change.value, words)
    if change.denominator:
        yield words.gettext("%(n)s in all", n=signed(change.denominator, words))
    for each in change.exclusions:
        reason = words.gettext(name_of(each.reason, REASONS))
        yield words.gettext("%(n)s left out (%(reason)s)", n=words.signed(each.n), reason=reason)


def signed(number: float, words: Words) -> str:
    return ("+" if number > 0 else "") + words.number(number, 1)
