"""The life of an alert: nobody forgets one, nobody is told twice, and a correction takes back only what it may."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

import pytest
from hypothesis import given, strategies as st

from services.treatment.alerts.decider import (
    ALERT,
    Acknowledge,
    Alert,
    AlertAcknowledgedAlready,
    AlertNotAcknowledged,
    AlertOver,
    Close,
    Escalate,
    Raise,
    ReasonMissing,
    Withdraw,
)
from shared.decider import NotThere, Refused
from shared.events import treatment_alerts as a
from shared.ids import new_id

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DUE = NOW + timedelta(minutes=30)
IDS = {name: new_id() for name in ("alert_id", "client_id", "episode_id", "check_in_id", "therapist_id", "clinic_id")}

SEEN = Acknowledge("called", None, NOW)
TOLD = Escalate(DUE)
TAKEN_BACK = Withdraw(NOW)
CLEARED = Close("cleared", None, NOW)


def raised(*rules: a.Rule, score: int = 6, flags: tuple[str, ...] = (), level: a.Level = "worsening") -> Raise:
    return Raise(
        a.AlertRaised(
            **IDS,
            rules=rules,
            level=level,
            red_flags=flags,
            score=score,
            before=(2, 2, 2),
            escalate_at=DUE,
            happened_at=NOW,
        )
    )


WORSE = raised("worse_step")
FLAGGED = raised("red_flag", flags=("fever",), level="same_day")


def after(*commands: Any) -> Alert:
    return reduce(lambda alert, command: reduce(ALERT.evolve, ALERT.decide(command, alert), alert), commands, Alert())


def events(*commands: Any) -> list[str]:
    """What the last command adds after the others."""
    return [type(event).__name__ for event in ALERT.decide(commands[-1], after(*commands[:-1]))]


def test_the_same_answer_twice_raises_one_alert() -> None:
    assert events(WORSE) == ["AlertRaised"]
    assert events(WORSE, WORSE) == []
    assert events(WORSE, SEEN, WORSE) == []
    assert events(FLAGGED, raised("red_flag", score=9, flags=("fever",), level="same_day")) == []


@pytest.mark.parametrize("more", [raised("worse_step", score=8), raised("worse_step", "high")])
def test_a_correction_to_something_worse_raises_it_anew(more: Raise) -> None:
    assert after(WORSE, SEEN, more).status == "raised"
    assert after(WORSE, SEEN, CLEARED, more).status == "raised"


def test_another_flag_raises_it_anew_and_none_is_forgotten() -> None:
    grave = raised("red_flag", flags=("saddle_numbness",), level="emergency")
    alert = after(FLAGGED, SEEN, grave)
    assert alert.status == "raised"
    assert alert.raised is not None
    assert (alert.raised.red_flags, alert.raised.level) == (("fever", "saddle_numbness"), "emergency")
    lighter = raised("red_flag", flags=("fever", "night_pain"), level="same_day")
    again = after(grave, lighter).raised
    assert again is not None
    assert again.level == "emergency"


def test_a_correction_takes_back_what_nobody_has_acknowledged() -> None:
    assert after(WORSE, TAKEN_BACK).outcome == "corrected"
    assert after(WORSE, TOLD, TAKEN_BACK).outcome == "corrected"
    assert events(WORSE, SEEN, TAKEN_BACK) == []
    assert events(WORSE, TAKEN_BACK, TAKEN_BACK) == []
    assert events(TAKEN_BACK) == []
    assert after(WORSE, TAKEN_BACK, WORSE).status == "raised"


@pytest.mark.parametrize("before", [(), (TOLD,), (SEEN,)])
def test_a_red_flag_is_never_closed_by_a_correction(before: tuple[Any, ...]) -> None:
    assert events(FLAGGED, *before, TAKEN_BACK) == []


def test_managers_are_told_once_and_not_before_it_is_due() -> None:
    assert events(WORSE, Escalate(DUE - timedelta(seconds=1))) == []
    assert events(WORSE, TOLD) == ["AlertEscalated"]
    assert events(WORSE, TOLD, TOLD) == []
    assert events(WORSE, SEEN, TOLD) == []
    assert after(WORSE, TOLD, raised("worse_step", score=9), TOLD).steps == 2


def test_it_is_acknowledged_once_and_closed_by_whoever_says_what_came_of_it() -> None:
    with pytest.raises(AlertAcknowledgedAlready):
        after(WORSE, SEEN, SEEN)
    with pytest.raises(AlertNotAcknowledged):
        after(WORSE, CLEARED)
    assert after(WORSE, TOLD, SEEN, CLEARED).outcome == "cleared"
    for command in (SEEN, CLEARED):
        with pytest.raises(AlertOver):
            after(WORSE, SEEN, CLEARED, command)


@pytest.mark.parametrize("outcome", ["overridden", "no_action"])
def test_whoever_sets_it_aside_says_why(outcome: a.Outcome) -> None:
    with pytest.raises(ReasonMissing):
        after(FLAGGED, SEEN, Close(outcome, None, NOW))
    assert after(FLAGGED, SEEN, Close(outcome, "Known for years, looked at last month", NOW)).status == "closed"


@pytest.mark.parametrize("command", [SEEN, TOLD, CLEARED])
def test_what_was_never_raised_is_not_there(command: Any) -> None:
    with pytest.raises(NotThere):
        ALERT.decide(command, Alert())


COMMAND = st.sampled_from(
    [WORSE, raised("high", score=9), SEEN, TOLD, TAKEN_BACK, CLEARED, Close("no_action", "As always", NOW)]
)


@given(st.lists(COMMAND, max_size=12))
def test_whatever_happens_it_is_told_once_after_each_raising_and_only_while_unseen(commands: list[Any]) -> None:
    alert, told = Alert(), 0
    for command in commands:
        before = alert
        try:
            found = ALERT.decide(command, alert)
        except (Refused, NotThere):
            continue
        alert = reduce(ALERT.evolve, found, alert)
        for event in found:
            if isinstance(event, a.AlertRaised):
                told = 0
            elif isinstance(event, a.AlertEscalated):
                told += 1
                assert before.status == "raised"
            elif isinstance(event, a.AlertClosed) and event.outcome == "corrected":
                assert before.status in {"raised", "escalated"}
            assert told <= 1
