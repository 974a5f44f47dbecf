"""What became of pain: how far it came down, and of how many, with those who were not heard of again beside them."""

from collections.abc import Sequence
from uuid import UUID

from shared.reports.document import Metric
from workers.reports.metrics.numbers import median, share
from workers.reports.outcomes import Outcome, Strata, stratum

FEWEST_EPISODES = 30
STARTED = "episodes_started_in_year"


def left_out(outcomes: Sequence[Outcome]) -> dict[str, int]:
    return {
        "no_baseline": sum(each.baseline is None for each in outcomes),
        "floor": sum(each.baseline is not None and not each.can_respond for each in outcomes),
    }


def coverage(outcomes: Sequence[Outcome]) -> Metric:
    covered = sum(each.baseline is not None and each.has_check_in for each in outcomes)
    return share("check_in_coverage", covered, len(outcomes), STARTED, suppressible=True)


def outcome_change(outcomes: Sequence[Outcome]) -> Metric:
    """Later score less baseline: what is below zero got better."""
    done = [each for each in outcomes if each.is_complete]
    changes = [
        float(each.latest - each.baseline) for each in done if each.latest is not None and each.baseline is not None
    ]
    left = left_out(outcomes) | {"missing": sum(each.can_respond for each in outcomes) - len(done)}
    return median("outcome_change", "score", changes, STARTED, left=left, suppressible=True)


def responders(outcomes: Sequence[Outcome]) -> list[Metric]:
    """Of all who could respond, where who is missing has not; and of those who were heard of again."""
    able = [each for each in outcomes if each.can_respond]
    done = [each for each in able if each.is_complete]
    k = sum(each.has_responded for each in able)
    left = left_out(outcomes)
    missing = {"missing": len(able) - len(done)}
    return [
        share("responders_of_started", k, len(able), STARTED, left=left, suppressible=True),
        share("responders_of_completers", k, len(done), STARTED, left=left | missing, suppressible=True),
    ]


def case_mix(outcomes: Sequence[Outcome], chain: Strata, attempted: frozenset[UUID]) -> Metric:
    """Observed responders for each that the chain's rates in the same strata lead one to expect."""
    able = [each for each in outcomes if each.can_respond]
    observed = sum(each.has_responded for each in able)
    rates = [chain[stratum(each, attempted)] for each in able]
    expected = sum(k / n for n, k in rates)
    enough = len(able) >= FEWEST_EPISODES and expected > 0
    return Metric(
        code="case_mix_ratio",
        unit="ratio",
        population=STARTED,
        value=observed / expected if enough else None,
        numerator=float(observed) if enough else None,
        denominator=expected if enough else None,
        why_none=None if enough else "not_enough",
        suppressible=True,
    )
