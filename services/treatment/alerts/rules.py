"""When an answer raises an alert, decided from scores and ticked flags alone.

The rules are those of our reference of the clinical domain (section 2.2, after the use of control charts for single
patients in Int J Qual Health Care 19(4):187), made exact here:

- The history of an answer is what was scored before it in the same episode, the oldest first: the episode's baseline,
  where it counts, and then the answers as they read now. Answers of the first 48 hours after a session tell of soreness
  and belong to no history.
- (a) `worse_twice`: the answer and the score before it each lie 2 points or more above the median of the three scores
  directly before them. It needs a history of four.
- (b) `worse_step`: the answer lies 3 points or more above the score before it.
- (c) `high`: the answer is 8 or more, and the baseline was below 8. Where no baseline counts, the first score of the
  history stands for it; where there is none either, the answer is high.
- (d) `red_flag`: any flag, at once, whatever the score.

Soreness below 8 raises nothing by its score; from 8 on it is judged like any other answer.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import median
from types import MappingProxyType
from typing import Literal

from shared.events.treatment_alerts import Level, Rule

MARGIN = 2
STEP = 3
HIGH = 8
WINDOW = 3

Group = Literal["worsening", "red_flag"]
"""What one alert is about: its scores, or its flags."""

LEVELS: tuple[Level, ...] = ("worsening", "same_day", "emergency")

RED_FLAGS: MappingProxyType[str, Level] = MappingProxyType(
    {
        "saddle_numbness": "emergency",
        "bladder_bowel": "emergency",
        "chest_breath": "emergency",
        "sudden_weakness": "emergency",
        "fever": "same_day",
        "night_pain": "same_day",
        "after_fall": "same_day",
        "calf_swelling": "same_day",
        "weight_loss": "same_day",
    }
)
"""The flags that a client may tick, in the order in which they are asked, and how soon each wants a doctor.

Those that may be a cauda equina syndrome, a heart, a lung or a stroke cannot wait for any appointment; the others are
looked at by a doctor on the same day (the reference, 1.6 and 2.5).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One answer: a score from 0 to 10, and whether it is from the first 48 hours after a session."""

    score: int
    after_session: bool = False


def history_of(earlier: Sequence[Scored], baseline: int | None) -> tuple[int, ...]:
    """What an answer is judged by, the oldest first."""
    begins = () if baseline is None else (baseline,)
    return (*begins, *(each.score for each in earlier if not each.after_session))


def worsening(answer: Scored, history: Sequence[int]) -> tuple[Rule, ...]:
    """The rules by which a score raises an alert; `history` begins with the baseline, if there is one."""
    score = answer.score
    if answer.after_session and score < HIGH:
        return ()
    found: dict[Rule, bool] = {
        "worse_twice": is_above(score, history) and is_above(history[-1], history[:-1]),
        "worse_step": bool(history) and score >= history[-1] + STEP,
        "high": score >= HIGH and (not history or history[0] < HIGH),
    }
    return tuple(rule for rule, holds in found.items() if holds)


def is_above(score: int, before: Sequence[int]) -> bool:
    """Whether a score lies above the usual by more than noise; never where too little is known of the usual."""
    return len(before) >= WINDOW and score >= median(before[-WINDOW:]) + MARGIN


def level_of(red_flags: Collection[str]) -> Level:
    """What the gravest of the flags asks for. Raises KeyError for one that nobody asks about."""
    return max((RED_FLAGS[flag] for flag in red_flags), key=LEVELS.index)


def group_of(rules: Collection[Rule]) -> Group:
    """What an alert by these rules is about."""
    return "red_flag" if "red_flag" in rules else "worsening"
