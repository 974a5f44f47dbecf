"""Funnels, held against tables of the binomial distribution and against SciPy."""

from collections.abc import Sequence
from math import inf, isclose

import pytest
import scipy.stats
from hypothesis import given, strategies as st

from shared.reports.funnel import (
    Limits,
    Unit,
    at_most,
    beyond,
    drawn_in,
    funnel_limits,
    overall,
    overdispersion,
    prior_of,
)

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


def test_who_differs_no_more_than_chance_is_drawn_in_to_the_centre() -> None:
    alike = units([0.45, 0.5, 0.55, 0.48, 0.52], 100)
    assert prior_of(alike) == inf
    assert drawn_in(alike[0], 0.5, inf) == 0.5
    assert prior_of([Unit(40, 1)]) == inf
    assert prior_of([Unit(1, 0), Unit(1, 1)]) == inf


def test_all_are_drawn_in_as_far_as_they_are_alike() -> None:
    """By hand, four of 10: k 4, 6, 4, 6 between 0.4 / 3 and within 9.6 / 36; k 1, 3, 7, 9 between 4 / 3, within 1 / 6.

    The correlation is then none, and (4 / 3 - 1 / 6) / (4 / 3 + 9 / 6) = 7 / 17.
    """
    assert prior_of([Unit(10, k) for k in (4, 6, 4, 6)]) == inf
    apart = [Unit(10, k) for k in (1, 3, 7, 9)]
    assert prior_of(apart) == pytest.approx(17 / 7 - 1)
    assert drawn_in(apart[0], 0.5, 10 / 7) == pytest.approx((1 + 5 / 7) / (10 + 10 / 7))


@given(st.lists(shares, min_size=2, max_size=12))
def test_what_is_drawn_in_lies_between_the_share_and_the_centre(counts: list[tuple[int, int]]) -> None:
    some = [Unit(n, k) for k, n in counts]
    centre, prior = overall(some), prior_of(some)
    assert centre is not None
    for each in some:
        low, high = sorted((centre, each.k / each.n))
        assert low - 1e-9 <= drawn_in(each, centre, prior) <= high + 1e-9


def test_only_who_is_outside_also_when_drawn_in_is_coloured() -> None:
    little = units([0.31, *[0.5] * 9], 100)
    much = units([0.1, *[0.48, 0.5, 0.52] * 6, 0.5], 100)
    for some, coloured in ((little, None), (much, "below")):
        centre = overall(some)
        assert centre is not None
        assert beyond(some[0], centre) == "below"
        assert beyond(some[0], centre, prior=prior_of(some)) == coloured
