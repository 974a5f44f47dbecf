"""The statistics of reports, held against published values and against SciPy."""

import pytest
import scipy.stats
from hypothesis import given, strategies as st

from workers.reports.statistics import (
    Followed,
    Spread,
    agreement,
    incidence,
    kaplan_meier,
    median_time,
    spread,
    wilson,
)


def bounds(k: int, n: int) -> tuple[float, float]:
    interval = wilson(k, n)
    assert interval
    return interval.low, interval.high


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_intervals_are_those_of_newcombe(k: int, n: int, low: float, high: float) -> None:
    """Newcombe 1998, Statistics in Medicine 17:857, table I, method 3."""
    assert bounds(k, n) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("k", "n", "said"), [(7, 10, (40, 89)), (60, 100, (50, 69))])
def test_few_clients_say_little(k: int, n: int, said: tuple[int, int]) -> None:
    low, high = bounds(k, n)
    assert (round(100 * low), round(100 * high)) == said


shares = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(shares)
def test_wilson_agrees_with_scipy(share: tuple[int, int]) -> None:
    theirs = scipy.stats.binomtest(*share).proportion_ci(method="wilson")
    assert bounds(*share) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_a_share_of_nothing_has_no_interval_and_more_than_all_is_refused() -> None:
    assert wilson(0, 0) is None
    with pytest.raises(ValueError, match="no share"):
        wilson(3, 2)


def test_quartiles_are_those_of_the_reference() -> None:
    """R: quantile(c(2, 3, 5, 7, 11, 13), c(.25, .5, .75)) is 3.5, 6, 10."""
    assert spread([13, 2, 11, 3, 7, 5]) == Spread(6, 6, 3.5, 10)
    assert spread([4]) == Spread(1, 4, 4, 4)
    assert spread([]) is None


def freireich() -> list[Followed]:
    """Weeks in remission under 6-mercaptopurine (Freireich 1963), the textbook example."""
    ended = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    return [Followed(week, True) for week in ended] + [Followed(week, False) for week in censored]


def test_the_curve_of_the_textbook() -> None:
    """Kleinbaum and Klein, Survival Analysis, chapter 2; log-log bounds as Stata's `sts list` prints them."""
    found = [
        (s.time, round(s.share, 4), round(s.low, 4), round(s.high, 4), s.at_risk) for s in kaplan_meier(freireich())
    ]
    assert found == [
        (0, 1.0, 1.0, 1.0, 21),
        (6, 0.8571, 0.6197, 0.9516, 21),
        (7, 0.8067, 0.5631, 0.9228, 17),
        (10, 0.7529, 0.5032, 0.8894, 15),
        (13, 0.6902, 0.4316, 0.8491, 12),
        (16, 0.6275, 0.3675, 0.8049, 11),
        (22, 0.5378, 0.2678, 0.7468, 7),
        (23, 0.4482, 0.1881, 0.6801, 6),
        (35, 0.4482, 0.1881, 0.6801, 1),
    ]


def test_medians_of_the_textbook() -> None:
    placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    assert median_time(kaplan_meier(freireich())) == 23
    assert median_time(kaplan_meier([Followed(week, True) for week in placebo])) == 8
    assert median_time(kaplan_meier([Followed(1, True), Followed(3, True)])) == 2
    assert median_time(kaplan_meier([Followed(1, True), Followed(3, False)])) == 1
    assert median_time(kaplan_meier([Followed(3, False)])) is None


watched = st.lists(st.builds(Followed, st.integers(0, 30).map(float), st.booleans()), min_size=1, max_size=40)


@given(watched)
def test_the_curve_agrees_with_scipy(followed: list[Followed]) -> None:
    censored = scipy.stats.CensoredData.right_censored([f.time for f in followed], [not f.ended for f in followed])
    theirs = scipy.stats.ecdf(censored).sf
    for step in kaplan_meier(followed):
        assert step.share == pytest.approx(theirs.evaluate(step.time) if step.time or step.ended else 1.0, abs=1e-9)
        assert 0 <= step.low <= step.share <= step.high <= 1
        assert step.at_risk == sum(f.time >= step.time for f in followed)


def test_what_is_censored_at_a_time_was_still_at_risk_then() -> None:
    assert [step.share for step in kaplan_meier([Followed(5, True), Followed(5, False)])] == [1.0, 0.5]
    with pytest.raises(ValueError, match="before it began"):
        kaplan_meier([Followed(-1, True)])


def test_incidence_is_what_the_curve_lacks_and_not_known_where_nobody_was_watched() -> None:
    by = incidence(freireich(), 16)
    assert by
    assert (round(by.share, 4), round(by.low, 4), round(by.high, 4)) == (0.3725, 0.1951, 0.6325)
    assert (by.at_risk, by.ended) == (11, 7)
    assert incidence(freireich(), 36) is None
    assert incidence([], 30) is None
    all_ended = incidence([Followed(3, True), Followed(4, True)], 30)
    assert all_ended
    assert all_ended.share == 1


def test_kappa_of_the_textbook() -> None:
    """Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, table 18.1: kappa is 0.68."""
    judged = {("p", "p"): 75, ("p", "n"): 1, ("p", "o"): 4, ("n", "p"): 5, ("n", "n"): 4, ("n", "o"): 1, ("o", "o"): 10}
    found = agreement([pair for pair, times in judged.items() for _ in range(times)])
    assert (found.n, found.observed) == (100, 0.89)
    assert found.kappa == pytest.approx(0.676, abs=5e-4)


def test_kappa_is_silent_on_few_pairs_and_where_chance_explains_all() -> None:
    assert agreement([("holds", "fails"), ("holds", "holds")] * 9).kappa is None
    assert agreement([("holds", "fails"), ("holds", "holds")] * 10).kappa == 0
    assert agreement([("holds", "holds")] * 30).kappa is None
    assert agreement([]).observed is None
