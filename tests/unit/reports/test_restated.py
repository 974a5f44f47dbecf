"""What a report would say otherwise is said in words: how much, when it was recorded, and what happened when."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from shared.events import name_of
from shared.languages import LANGUAGES
from shared.reports.document import Exclusion
from shared.reports.names import EVENTS
from shared.reports.restated import MOST_CAUSES, code_of, differences, line_told
from shared.reports.restatement import ELAPSED, Cause, Change, Line, Numbers, compared
from shared.reports.words import words_of
from tests.support.messages import at
from tests.support.reports import invented_report
from workers.reports.facts.keeping import FACTS

BERLIN = ZoneInfo("Europe/Berlin")
BOOKING = UUID("018f0000-0000-7000-8000-00000000000b")


def numbers(k: float | None, n: float | None) -> Numbers:
    share = k / n if k is not None and n else None
    return Numbers(value=share, numerator=k, denominator=n, why_none=None if n else "nobody", exclusions=())


def change(k: float = 0, n: float = 0, value: float | None = None, **left: int) -> Change:
    exclusions = tuple(Exclusion(reason=reason, n=count) for reason, count in left.items())
    return Change(value=value, numerator=k, denominator=n, exclusions=exclusions)


def cause(made: Change, name: str = "scheduling.appointment_booked.v1", **moments: datetime | None) -> Cause:
    known: dict[str, Any] = {
        "recorded_at": at("2026-11-03 09:00"),
        "happened_at": at("2026-09-26 12:00"),
        "about_at": None,
    } | moments
    return Cause(name=name, event_id=BOOKING, change=made, **known)


def line(*causes: Cause, part: str | None = None) -> Line:
    return Line(
        code="rebooking_rate",
        part=part,
        unit="share",
        population="attended_visits",
        suppressible=False,
        before=numbers(63, 81),
        after=numbers(64, 81),
        causes=causes,
    )


def test_a_line_says_both_ends_and_why() -> None:
    said = line_told(line(cause(change(k=1, value=0.01))), BERLIN, words_of("en"))
    assert (said.name, said.before, said.after) == ("Booked again within 72 hours", "78% (63 of 81)", "79% (64 of 81)")
    assert said.because == ("+1 counted, recorded Nov 3, 2026: visit booked on Sep 26, 2026",)
    german = line_told(line(cause(change(k=1, value=0.01))), BERLIN, words_of("de"))
    assert german.because == ("+1 gezählt, eingetragen am 03.11.2026: Termin gebucht am 26.09.2026",)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (
            cause(change(k=-1, n=-1)),
            "\u22121 counted, \u22121 in all, recorded Nov 3, 2026: visit booked on Sep 26, 2026",
        ),
        (
            cause(change(n=-1, planned_discharge=1), happened_at=None),
            "\u22121 in all, +1 left out (planned discharge), recorded Nov 3, 2026: visit booked",
        ),
        (
            cause(change(k=1), about_at=at("2026-10-09 10:00")),
            "+1 counted, recorded Nov 3, 2026: visit booked on Sep 26, 2026, about Oct 9, 2026",
        ),
        (cause(change(n=1), name=ELAPSED), "+1 in all: the 72 hours to wait for have passed by now"),
        (cause(change()), "\u2013, recorded Nov 3, 2026: visit booked on Sep 26, 2026"),
    ],
    ids=["taken back", "left out", "about a day", "elapsed", "hidden"],
)
def test_a_cause_is_one_sentence(made: Cause, said: str) -> None:
    assert line_told(line(made), BERLIN, words_of("en")).because == (said,)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("rebooking_rate", "+1 insgesamt: die abzuwartenden 72 Stunden sind inzwischen vergangen"),
        ("check_in_response", "+1 insgesamt: die abzuwartenden 7 Tage sind inzwischen vergangen"),
        ("unsigned_notes", "+1 insgesamt: die abzuwartende Zeit ist inzwischen vergangen"),
    ],
)
def test_what_had_to_be_waited_for_is_said_by_its_length(code: str, said: str) -> None:
    waited = replace(line(cause(change(n=1), name=ELAPSED)), code=code)
    assert line_told(waited, BERLIN, words_of("de")).because == (said,)


def test_a_day_is_that_of_the_clock_of_the_period() -> None:
    late = cause(change(k=1), recorded_at=at("2026-11-03 00:30"))
    assert "recorded Nov 3, 2026" in line_told(line(late), BERLIN, words_of("en")).because[0]


def test_of_many_causes_the_first_are_said_and_the_others_counted() -> None:
    said = line_told(line(*[cause(change(k=1))] * (MOST_CAUSES + 3)), BERLIN, words_of("en"))
    assert (len(said.because), said.more) == (MOST_CAUSES, 3)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_event_that_reports_know_has_words(language: str) -> None:
    names = {code_of(name_of(event)) for event in FACTS}
    assert names == set(EVENTS)
    words = words_of(language)
    assert all(words.gettext(said) for said in EVENTS.values())


def test_reports_that_say_the_same_differ_in_nothing() -> None:
    metrics = invented_report().metrics
    assert differences(compared(metrics, metrics), words_of("en")) == []
