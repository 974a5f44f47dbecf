"""All figures of a report, in the order in which they are looked at."""

from collections.abc import Callable

from shared.reports.document import Report
from shared.reports.figures import bodies, calendar, dumbbells, funnels, holding, trajectories
from shared.reports.figures.figure import Figure
from shared.reports.words import Words

FIGURES: tuple[Callable[[Report, Words], Figure], ...] = (
    trajectories.draw,
    dumbbells.draw,
    funnels.draw,
    holding.draw,
    calendar.draw,
    bodies.draw,
)


def figures(report: Report, words: Words) -> tuple[Figure, ...]:
    """Without those that have nothing to draw: what leaves a clinic lacks some, and must not call that nothing."""
    return tuple(figure for draw in FIGURES if (figure := draw(report, words)).svg)
