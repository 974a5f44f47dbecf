"""A report as part of a page: headings, figures that say in words what they show, and tables of the same numbers.

It brings no style, script or address of its own; `report.css` beside it is what a page may put into its style sheet.
"""

from functools import cache

from shared.languages import templates
from shared.reports.document import Report
from shared.reports.shown import shown
from shared.reports.words import FOLDER, Words


def html(report: Report, words: Words, whose: str) -> str:
    """It names no client: whom to call is a question of the day on which it is asked."""
    return templates(FOLDER, words.language).get_template("report.html").render(shown=shown(report, words, whose))


def headings(report: Report, words: Words) -> list[tuple[str, str]]:
    """The headings of `html` by the ids that they have there, in their order."""
    made = shown(report, words, "")
    numbered = enumerate(made.sections, start=1)
    return [(each.code, each.title) for each in made.figures] + [(f"section-{n}", each.title) for n, each in numbered]


@cache
def style() -> str:
    """The rules for what `html` gives, to be put after those of the page."""
    return (FOLDER / "report.css").read_text(encoding="utf-8")
