"""A report as part of a page: headings, figures that say in words what they show, and tables of the same numbers.

It brings no style, script or address of its own; `report.css` beside it is what a page may put into its style sheet.
"""

from collections.abc import Mapping
from functools import cache
from uuid import UUID

from shared.languages import templates
from shared.reports.document import Report
from shared.reports.shown import shown
from shared.reports.words import FOLDER, NOTHING, Words


def html(report: Report, words: Words, whose: str, names: Mapping[UUID, str] | None = None) -> str:
    """`names` are those of the clients to be called, for whoever may see them; without, the list is left out."""
    called = names or {}
    overdue = [(called.get(each.client_id, NOTHING), words.day(each.planned_on)) for each in report.series.overdue]
    page = templates(FOLDER, words.language).get_template("report.html")
    return page.render(shown=shown(report, words, whose), overdue=None if names is None else overdue)


@cache
def style() -> str:
    """The rules for what `html` gives, to be put after those of the page."""
    return (FOLDER / "report.css").read_text(encoding="utf-8")
