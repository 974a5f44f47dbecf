"""Reports as they may leave a clinic or be compared: no outcome of 1 to 10 clients is in them, nor can be worked out.

It is decided once for all reports of a period and moment, because they add up to each other; reports of other moments
tell of other clients (`once`). Operational numbers stay as they are.
"""

from collections.abc import Iterator, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass, replace
from uuid import UUID

from shared.reports.document import Exclusion, Funnel, Kind, Metric, Place, Report, finished
from workers.reports.adding import Clinics, Gathered, add_up, place_of
from workers.reports.hiding.rounds import hidden
from workers.reports.hiding.tables import Cell, Sum, Tables
from workers.reports.once import OF_THE_YEAR, Yearly, told_once
from workers.reports.peers import Peers, Rate, peers, with_own

SAME_NUMERATOR = {"responders_of_completers": "responders_of_started", "case_mix_ratio": "responders_of_started"}
SAME_DENOMINATOR = {
    "outcome_change": "responders_of_completers",
    "by_visit_3": "pattern_resolution",
    "by_day_30": "relapse",
    "by_day_90": "relapse",
}
"""Numbers that count the same clients, so that hiding one alone would hide nothing."""

GROWING = (
    ("by_day_30 k", "by_day_90 k"),
    ("by_day_90 k", "relapse k"),
    ("cold_retests_done k", "hold_rate n"),
)
"""The second counts all of the first and some more; the few more are a cell of their own."""

HUNDREDTHS = 2
"""What is estimated from many moments is not shown more exactly: more decimals would tell these one by one."""

COMPARED = frozenset({"case_mix_ratio"})
FUNNELS = {"responders": "responders_of_started", "hold": "hold_rate"}


@dataclass(frozen=True, slots=True)
class Decided:
    """Which cells of all reports of a period are closed, and with whom the others may be compared in each funnel.

    `told` is what is counted over a year and shown: of which a later report may tell by the difference.
    """

    is_closed: bool
    kept_back: AbstractSet[Yearly]
    told: frozenset[Yearly]
    closed: frozenset[Cell]
    peers: Mapping[str, Mapping[Kind, Peers[UUID]]]


def decided(
    reports: Sequence[Report], works_at: Clinics, *, is_closed: bool, kept_back: AbstractSet[Yearly] = frozenset()
) -> Decided:
    """From all reports of a period; of their series it looks at what is counted on the body.

    `works_at` are the clinics of each therapist. `is_closed` when these are the reports with which their period is
    closed: of one moment only, whoever asks and however often; `kept_back` is what they must not tell at the end of
    their quarter. Raises ValueError when they are not of one chain, period and moment.
    """
    if len({(each.chain_id, each.period, each.as_of) for each in reports}) > 1:
        raise ValueError("only reports of one chain, period and moment add up to each other")
    told = [told_once(each, is_closed=is_closed) for each in reports]
    tables = tables_of(told, works_at, kept_back)
    closed = hidden(tables)
    open_ = {cell for cell in tables.shown - closed if tables.counts[cell]}
    compared = {name: shown_peers(told, code, closed, kept_back) for name, code in FUNNELS.items()}
    return Decided(is_closed, kept_back, frozenset(yearly(told, open_)), closed, compared)


def yearly(reports: Sequence[Report], open_: AbstractSet[Cell]) -> Iterator[Yearly]:
    """Whatever is counted over a year of which anything but zero is shown."""
    for report in reports:
        place = place_of(report.scope)
        for metric in outcomes(report):
            cells = {numerator(place, metric), denominator(place, metric)}
            cells |= {left_out(place, metric, each) for each in metric.exclusions}
            if metric.population in OF_THE_YEAR and cells & open_:
                yield Yearly(place, metric.population)


def left(report: Report, found: Decided) -> Report:
    """The report without small outcomes."""
    told = told_once(report, is_closed=found.is_closed, kept_back=found.kept_back)
    return finished(without(told, found))


def leaving(
    reports: Sequence[Report], works_at: Clinics, *, is_closed: bool, kept_back: AbstractSet[Yearly] = frozenset()
) -> tuple[Report, ...]:
    """The same reports without small outcomes, in their order, as `decided` from all of them."""
    found = decided(reports, works_at, is_closed=is_closed, kept_back=kept_back)
    return tuple(left(each, found) for each in reports)


def own(report: Report, left: Report) -> Report:
    """For those whom it is about: all of their own numbers, and of others only what may be compared.

    The case-mix ratio is made of the whole chain's responders.
    """
    funnel = {
        name: with_own(getattr(left.series.funnel, name), getattr(report.series.funnel, name)) for name in FUNNELS
    }
    return finished(
        replace(
            report,
            metrics=tuple(left.metric(each.code) if each.code in COMPARED else each for each in report.metrics),
            series=replace(report.series, funnel=replace(report.series.funnel, **funnel)),
        )
    )


def tables_of(reports: Sequence[Report], works_at: Clinics, kept_back: AbstractSet[Yearly]) -> Tables:
    gathered = Gathered()
    for report in reports:
        gather(gathered, report, kept_back)
    add_up(gathered, [each.scope for each in reports], works_at)
    return gathered.tables


def gather(gathered: Gathered, report: Report, kept_back: AbstractSet[Yearly]) -> None:
    """The cells of one report, and how they add up within it; what is kept back is counted and not shown."""
    place = place_of(report.scope)
    for metric in outcomes(report):
        if metric.denominator is None or not metric.suppressible:
            continue
        put = gathered.derive if Yearly(place, metric.population) in kept_back else gathered.show
        if metric.unit == "share" and metric.numerator is not None:
            n = put(denominator(place, metric), metric.denominator)
            k = put(numerator(place, metric), metric.numerator)
            rest = gathered.derive(Cell(place, f"{metric.code} not"), gathered.counts[n] - gathered.counts[k])
            gathered.sums.append(Sum(n, (k, rest)))
        elif metric.unit != "ratio":
            put(denominator(place, metric), metric.denominator)
    population(gathered, report, kept_back)
    for less, more in GROWING:
        first, second = Cell(place, less), Cell(place, more)
        if first in gathered.counts and second in gathered.counts:
            further = gathered.derive(Cell(place, f"{more} further"), gathered.counts[second] - gathered.counts[first])
            gathered.sums.append(Sum(second, (first, further)))
    for name, places in (("complaints", report.series.complaints), ("treated", report.series.treated)):
        for each in places:
            gathered.show(on_the_body(place, name, each), each.n)


def population(gathered: Gathered, report: Report, kept_back: AbstractSet[Yearly]) -> None:
    """Those counted and those left out are together the same for all numbers of a population."""
    place = place_of(report.scope)
    for metric in outcomes(report):
        n = denominator(place, metric)
        if not metric.suppressible or n not in gathered.counts:
            continue
        put = gathered.derive if Yearly(place, metric.population) in kept_back else gathered.show
        left = [put(left_out(place, metric, each), each.n) for each in metric.exclusions]
        size = gathered.counts[n] + sum(gathered.counts[each] for each in left)
        everybody = gathered.derive(Cell(place, f"{metric.population} of {size}"), size)
        gathered.sums.append(Sum(everybody, (n, *left)))


def outcomes(report: Report) -> Iterator[Metric]:
    for metric in report.metrics:
        yield metric
        yield from metric.parts


def numerator(place: str, metric: Metric) -> Cell:
    return Cell(place, f"{SAME_NUMERATOR.get(metric.code, metric.code)} k")


def denominator(place: str, metric: Metric) -> Cell:
    return Cell(place, f"{SAME_DENOMINATOR.get(metric.code, metric.code)} n")


def left_out(place: str, metric: Metric, each: Exclusion) -> Cell:
    return Cell(place, f"{metric.population} without {each.reason}")


def on_the_body(place: str, name: str, each: Place) -> Cell:
    return Cell(place, f"{name} {each.region} {each.side}")


def without(report: Report, found: Decided) -> Report:
    place, scope, series, closed = place_of(report.scope), report.scope, report.series, found.closed
    funnel = {
        name: of_kind[scope.kind].seen_by(scope.id) for name, of_kind in found.peers.items() if scope.kind in of_kind
    }
    return replace(
        report,
        metrics=tuple(shown(place, metric, closed) for metric in report.metrics),
        series=replace(
            series,
            trajectories=(),
            dumbbells=(),
            holding=(),
            overdue=(),
            funnel=Funnel(**funnel),
            complaints=tuple(
                each for each in series.complaints if on_the_body(place, "complaints", each) not in closed
            ),
            treated=tuple(each for each in series.treated if on_the_body(place, "treated", each) not in closed),
        ),
    )


def shown(place: str, metric: Metric, closed: frozenset[Cell]) -> Metric:
    parts = tuple(shown(place, part, closed) for part in metric.parts)
    if not metric.suppressible:
        return replace(metric, parts=parts)
    no_k = numerator(place, metric) in closed
    no_n = denominator(place, metric) in closed
    without_value = no_k or no_n
    rough = roughly(metric)
    return replace(
        rough,
        parts=parts,
        value=None if without_value else rough.value,
        interval=None if without_value else rough.interval,
        numerator=None if no_k else metric.numerator,
        denominator=None if no_n or (no_k and metric.unit == "ratio") else rough.denominator,
        exclusions=tuple(each for each in metric.exclusions if left_out(place, metric, each) not in closed),
        why_none="suppressed" if without_value else metric.why_none,
    )


def roughly(metric: Metric) -> Metric:
    """Ratios and cumulative incidences in hundredths; what is plainly counted stays as it is."""
    bounds = metric.interval
    estimated = bounds is not None and bounds.kind == "greenwood_95"
    if metric.value is None or not (estimated or metric.unit == "ratio"):
        return metric
    return replace(
        metric,
        value=round(metric.value, HUNDREDTHS),
        denominator=None if metric.denominator is None else round(metric.denominator, HUNDREDTHS),
        interval=bounds and replace(bounds, low=round(bounds.low, HUNDREDTHS), high=round(bounds.high, HUNDREDTHS)),
    )


def shown_peers(
    reports: Sequence[Report], code: str, closed: frozenset[Cell], kept_back: AbstractSet[Yearly]
) -> Mapping[Kind, Peers[UUID]]:
    """Therapists, and clinics, both of whose numbers may be shown."""
    found: dict[Kind, dict[UUID, Rate]] = {"therapist": {}, "clinic": {}}
    for report in reports:
        place, scope = place_of(report.scope), report.scope
        metric = next((each for each in report.metrics if each.code == code), None)
        if scope.kind not in found or metric is None or not metric.denominator or metric.numerator is None:
            continue
        if Yearly(place, metric.population) in kept_back:
            continue
        if numerator(place, metric) not in closed and denominator(place, metric) not in closed:
            found[scope.kind][scope.id] = int(metric.denominator), int(metric.numerator)
    return {kind: peers(rates) for kind, rates in found.items()}
