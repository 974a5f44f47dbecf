"""Pain of each episode as a small picture of its own, all on the same scales, so that they can be compared by eye."""

from collections.abc import Iterator
from math import ceil

from shared.reports.document import Report, Trajectory
from shared.reports.figures.drawing import (
    FAINT,
    GROUND,
    INK,
    LINE,
    PAPER,
    SMALL,
    SOFT,
    Scale,
    circle,
    cross,
    line,
    path,
    svg,
    tag,
    text,
    triangle,
)
from shared.reports.figures.figure import Figure, Table
from shared.reports.words import Words

NOISE = 2
"""Changes of fewer points than this lie within what the scale cannot tell apart."""

WORST = 10
COLUMNS = 6
MOST = 60
LEFT, PITCH, ACROSS = 20.0, 117.0, 96.0
TOP, ROW, DEEP = 60.0, 108.0, 62.0
WEEK = 7
SHORTEST = 4 * WEEK


def draw(report: Report, words: Words) -> Figure:
    episodes = report.series.trajectories
    title = words.gettext("Pain in each episode")
    said = words.ngettext("%(n)s episode.", "%(n)s episodes.", len(episodes))
    if len(episodes) > MOST:
        said += " " + words.gettext("Drawn are the first %(most)s; the table has all.", most=MOST)
    return Figure("trajectories", title, said, picture(episodes[:MOST], title, said, words), table(episodes, words))


def picture(episodes: tuple[Trajectory, ...], title: str, said: str, words: Words) -> str | None:
    if not episodes:
        return None
    days = [day for each in episodes for day in days_of(each)]
    last = WEEK * 2 * ceil(max([SHORTEST, *days]) / WEEK / 2)
    span = min([0, *days]), last
    rows = ceil(len(episodes) / COLUMNS)
    shapes = list(legend(words))
    for at, episode in enumerate(episodes):
        left, top = LEFT + PITCH * (at % COLUMNS), TOP + ROW * (at // COLUMNS)
        shapes.append(tag("g", *panel(episode, left, top, span, words), class_="episode"))
        if at % COLUMNS == 0:
            shapes.extend(scores(left, top))
        if at + COLUMNS >= len(episodes):
            shapes.extend(weeks(left, top, span, words))
    return svg("trajectories", title, said, TOP + ROW * rows + 8, shapes)


def days_of(episode: Trajectory) -> list[int]:
    return [*(point.day for point in episode.points), *episode.visits, *episode.corrections, *episode.relapses]


def panel(episode: Trajectory, left: float, top: float, span: tuple[int, int], words: Words) -> Iterator[str]:
    across, down = Scale(*span, left, left + ACROSS), Scale(WORST, 0, top, top + DEEP)
    if episode.baseline is not None:
        above, below = min(WORST, episode.baseline + NOISE), max(0, episode.baseline - NOISE)
        yield tag("rect", x=left, y=down(above), width=ACROSS, height=down(below) - down(above), fill=GROUND)
        yield line(left, down(episode.baseline), left + ACROSS, down(episode.baseline), stroke=FAINT, stroke_width=0.6)
    for score in (0, WORST):
        yield line(left, down(score), left + ACROSS, down(score), stroke_width=0.6)
    points = sorted(episode.points, key=lambda point: point.day)
    yield text(left, top - 9, words.gettext("No. %(key)s", key=episode.key), fill=SOFT, font_size=SMALL)
    yield text(left + ACROSS, top - 9, change(episode), font_weight=600, text_anchor="end")
    yield path([(across(point.day), down(point.score)) for point in points], stroke=INK, stroke_width=1.2)
    for day in episode.visits:
        yield line(across(day), down(0) + 2, across(day), down(0) + 6, stroke=SOFT, stroke_width=0.9)
    for point in points:
        by_day = words.gettext("Day %(day)s: %(score)s", day=point.day, score=point.score)
        fill = PAPER if point.source == "check_in" else INK
        yield circle(across(point.day), down(point.score), 1.9, title=by_day, fill=fill, stroke=INK, stroke_width=0.9)
    for day in episode.corrections:
        yield triangle(across(day), top, 3.4, fill=INK, stroke=PAPER, stroke_width=0.6)
    for day in episode.relapses:
        yield cross(across(day), top, 2.8, stroke=INK, stroke_width=1.6)


def scores(left: float, top: float) -> Iterator[str]:
    for score in (0, WORST // 2, WORST):
        y = Scale(WORST, 0, top, top + DEEP)(score) + 3.2
        yield text(left - 5, y, str(score), fill=SOFT, font_size=SMALL, text_anchor="end")


def weeks(left: float, top: float, span: tuple[int, int], words: Words) -> Iterator[str]:
    across, y = Scale(*span, left, left + ACROSS), top + DEEP + 17
    for day, anchor in ((0, "start"), (span[1] // 2, "middle"), (span[1], "end")):
        said = words.number(day / WEEK) if day < span[1] else words.gettext("%(n)s wk", n=words.number(day / WEEK))
        yield text(across(day), y, said, fill=SOFT, font_size=SMALL, text_anchor=anchor)


def legend(words: Words) -> Iterator[str]:
    said = (
        words.gettext("in the session"),
        words.gettext("in a check-in"),
        words.gettext("visit"),
        words.gettext("pattern corrected"),
        words.gettext("pattern relapsed"),
        words.gettext("within 2 points"),
    )
    y = 14.0
    for at, each in enumerate(said):
        x = LEFT + PITCH * at
        yield (
            circle(x + 4, y, 2.4, fill=INK, stroke=INK),
            circle(x + 4, y, 2.4, fill=PAPER, stroke=INK),
            line(x + 4, y - 3, x + 4, y + 3, stroke=SOFT),
            triangle(x + 4, y, 3.6, fill=INK),
            cross(x + 4, y, 3, stroke=INK, stroke_width=1.6),
            tag("rect", x=x - 2, y=y - 5, width=11, height=10, fill=GROUND, stroke=LINE, stroke_width=0.6),
        )[at]
        yield text(x + 13, y + 3.4, each, fill=SOFT, font_size=SMALL)


def change(episode: Trajectory) -> str:
    """Baseline and latest score, as the heading of a picture."""
    latest = latest_of(episode)
    said = "" if latest is None else str(latest)
    return said if episode.baseline is None else f"{episode.baseline} \u2192 {said}".rstrip(" \u2192")


def latest_of(episode: Trajectory) -> int | None:
    return max(episode.points, key=lambda point: point.day).score if episode.points else None


def table(episodes: tuple[Trajectory, ...], words: Words) -> Table:
    return Table(
        header=(
            words.gettext("Episode"),
            words.gettext("Baseline"),
            words.gettext("Latest"),
            words.gettext("Scores (day: score)"),
            words.gettext("Visits (day)"),
            words.gettext("Corrected (day)"),
            words.gettext("Relapsed (day)"),
        ),
        rows=tuple(
            (
                str(each.key),
                words.number(each.baseline),
                words.number(latest_of(each)),
                ", ".join(
                    f"{point.day}:\u00a0{point.score}" for point in sorted(each.points, key=lambda point: point.day)
                ),
                ", ".join(map(str, sorted(each.visits))),
                ", ".join(map(str, sorted(each.corrections))),
                ", ".join(map(str, sorted(each.relapses))),
            )
            for each in episodes
        ),
        left=frozenset({0, 3, 4, 5, 6}),
    )
