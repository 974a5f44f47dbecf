"""Funnels, held against tables of the binomial distribution and against SciPy."""

from collections.abc import Sequence
from math import isclose

import pytest
import scipy.stats
from hypothesis import given, strategies as st

from shared.reports.funnel import Limits, Unit, at_most, beyond, funnel_limits, overall, overdispersion

shares = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(shares, st.floats(0.02, 0.98))
def test_chances_agree_with_scipy(share: tuple[int, int], centre: float) -> None:
    k, n = share
    assert at_most(k, n, centre) == pytest.approx(scipy.stats.binom.cdf(k, n, centre), abs=1e-9)


def test_limits_lie_between_the_whole_numbers_of_the_tables() -> None:
    """Binomial tables, n 20, p 0.5: P(X <= 5) is 0.0207 and P(X <= 6) is 0.0577, so 2.5 % falls between 5 and 6."""
    limits = funnel_limits(20, 0.5, level=0.95)
    between = 6 - (0.0577 - 0.025) / (0.0577 - 0.0207)
    assert (limits.low, limits.high) == pytest.approx((between / 20, 1 - between / 20), abs=1e-4)


@given(shares, st.floats(0.02, 0.98))
def test_a_point_is_outside_exactly_when_its_tail_is_small(share: tuple[int, int], centre: float) -> None:
    k, n = share
    below, above = scipy.stats.binom.cdf(k, n, centre), scipy.stats.binom.sf(k - 1, n, centre)
    if isclose(below, 0.001, rel_tol=1e-6) or isclose(above, 0.001, rel_tol=1e-6):
        return
    expected = "below" if below < 0.001 else "above" if above < 0.001 else None
    assert beyond(Unit(n, k), centre) == expected


def test_nothing_is_said_without_trials_or_without_a_difference() -> None:
    assert funnel_limits(0, 0.5) == Limits(0, 1)
    assert funnel_limits(10, 1.0) == Limits(0, 1)
    assert beyond(Unit(0, 0), 0.5) is None
    assert overall([]) is None
    assert overall([Unit(0, 0)]) is None


def units(shares_of: Sequence[float], n: int) -> list[Unit]:
    return [Unit(n, round(share * n)) for share in shares_of]


def test_therapists_who_differ_no_more_than_chance_keep_the_exact_limits() -> None:
    alike = units([0.45, 0.5, 0.55, 0.48, 0.52, 0.5, 0.46, 0.54, 0.5, 0.5], 100)
    assert overdispersion(alike) == 1.0


def test_therapists_who_all_differ_widen_the_limits_and_fewer_colours_are_seen() -> None:
    apart = units([0.3, 0.35, 0.4, 0.45, 0.5, 0.5, 0.55, 0.6, 0.65, 0.7], 100)
    width, centre = overdispersion(apart), overall(apart)
    assert centre == 0.5
    assert width == pytest.approx(2.2, abs=0.2)
    assert beyond(apart[0], centre) == "below"
    assert beyond(apart[0], centre, width) is None


def test_one_who_stands_out_does_not_hide_in_the_width_that_it_makes() -> None:
    one_apart = units([0.1, *[0.48, 0.5, 0.52] * 6, 0.5], 100)
    assert overdispersion(one_apart) == 1.0


def test_fewer_than_ten_say_nothing_about_how_much_they_differ() -> None:
    assert overdispersion(units([0.1, 0.9] * 4, 100)) == 1.0
