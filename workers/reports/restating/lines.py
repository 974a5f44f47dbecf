"""From the numbers of a report along its way to a later moment, the lines of its restatement. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.reports.document import Metric
from shared.reports.restatement import ELAPSED, Cause, Code, Line, Numbers, by_code, change, numbers
from workers.reports.restating.late import Late

Reason = Late | None
"""None: that time has passed."""


@dataclass(frozen=True, slots=True)
class Step:
    """What made the numbers of a report these."""

    reason: Reason
    metrics: Sequence[Metric]


def lines(before: Sequence[Metric], way: Sequence[Step], told: Sequence[Line] = ()) -> tuple[Line, ...]:
    """One for each number that a step changed, in the order of the report, with all steps that changed it.

    `told` are the lines of an earlier way that led to `before`: what they begin with and their causes come first, so
    wherever a way is cut in two its lines are the same.
    """
    last = {code: numbers(metric) for code, metric in by_code(before).items()}
    first = last | {(each.code, each.part): each.before for each in told}
    found: dict[Code, list[Cause]] = {(each.code, each.part): list(each.causes) for each in told}
    for step in way:
        now = {code: numbers(metric) for code, metric in by_code(step.metrics).items()}
        for code, said in now.items():
            if said != last[code]:
                found.setdefault(code, []).append(cause(step.reason, last[code], said))
        last = now
    return tuple(
        line(code, metric, (first, last), found[code]) for code, metric in by_code(before).items() if code in found
    )


def line(
    code: Code, metric: Metric, ends: tuple[Mapping[Code, Numbers], Mapping[Code, Numbers]], causes: Sequence[Cause]
) -> Line:
    return Line(
        code=code[0],
        part=code[1],
        unit=metric.unit,
        population=metric.population,
        suppressible=metric.suppressible,
        before=ends[0][code],
        after=ends[1][code],
        causes=tuple(causes),
    )


def cause(reason: Reason, before: Numbers, after: Numbers) -> Cause:
    made = change(before, after)
    if reason is None:
        return Cause(name=ELAPSED, event_id=None, recorded_at=None, happened_at=None, about_at=None, change=made)
    return Cause(
        name=reason.name,
        event_id=reason.event_id,
        recorded_at=reason.recorded_at,
        happened_at=reason.happened_at,
        about_at=reason.about_at,
        change=made,
    )
