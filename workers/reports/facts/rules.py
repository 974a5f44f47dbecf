"""What treatment's events say of when periods close."""

from collections.abc import Iterable, Mapping

from shared.columns import fields_of
from shared.events.treatment_reports import ReportRulesSet
from workers.reports.facts.model import Fact, Told


def rules_set(event: ReportRulesSet) -> Iterable[Fact]:
    values = fields_of(event)
    yield Fact("rules", values, values.pop("set_at"))


TOLD: Mapping[type, Told] = {ReportRulesSet: rules_set}
