"""Utilisation by day, as a calendar: the darker, the more of the time on offer was spent with clients."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from shared.reports.document import DayOfWork, Report
from shared.reports.figures.drawing import GROUND, INK, LINE, PAPER, RAMP, SMALL, SOFT, on, shade, svg, tag, text
from shared.reports.figures.figure import Figure, Table
from shared.reports.words import Words

WEEK = 7
FULL = 1.0
LARGE = 6
"""Up to so many weeks each day has room for its number."""

LEFT, TOP = 56.0, 56.0
DAY = timedelta(days=1)


def draw(report: Report, words: Words) -> Figure:
    days = sorted(report.series.utilisation, key=lambda each: each.on)
    title = words.gettext("Utilisation by day")
    attended, capacity = sum(each.attended for each in days), sum(each.capacity for each in days)
    said = words.gettext("There was no time on offer.")
    if capacity > 0:
        said = words.gettext(
            "%(attended)s of %(capacity)s hours on offer were spent with clients: %(share)s.",
            attended=words.number(attended / 60, 1),
            capacity=words.number(capacity / 60, 1),
            share=words.percent(attended / capacity),
        )
    return Figure("utilisation", title, said, picture(days, title, said, words), table(days, words))


def share_of(day: DayOfWork) -> float | None:
    return day.attended / day.capacity if day.capacity > 0 else None


def picture(days: Sequence[DayOfWork], title: str, said: str, words: Words) -> str | None:
    if not days:
        return None
    monday = days[0].on - days[0].on.weekday() * DAY
    weeks = (days[-1].on - monday).days // WEEK + 1
    shapes = list(legend(words))
    if weeks <= LARGE:
        shapes += large(days, monday, weeks, words)
        height = TOP + 44.0 * weeks + 8
    else:
        shapes += small(days, monday, weeks, words)
        height = TOP + 18.0 * WEEK + 8
    return svg("utilisation", title, said, height, shapes)


def large(days: Sequence[DayOfWork], monday: date, weeks: int, words: Words) -> Iterator[str]:
    wide, high = (720.0 - LEFT) / WEEK, 44.0
    for weekday in range(WEEK):
        said = words.weekday(monday + weekday * DAY)
        yield text(LEFT + wide * weekday + 6, TOP - 6, said, fill=SOFT, font_size=SMALL)
    for week in range(weeks):
        said = words.gettext("week %(n)s", n=(monday + week * WEEK * DAY).isocalendar().week)
        yield text(LEFT - 8, TOP + high * week + 25, said, fill=SOFT, font_size=SMALL, text_anchor="end")
    for day in days:
        week, weekday = divmod((day.on - monday).days, WEEK)
        x, y, share = LEFT + wide * weekday, TOP + high * week, share_of(day)
        colour = PAPER if share is None else shade(share, FULL)
        yield cell(day, (x, y), (wide - 3, high - 3), words)
        yield text(
            x + 6, y + 13, str(day.on.day), fill=SOFT if colour in {PAPER, GROUND} else on(colour), font_size=SMALL
        )
        if share is not None or day.attended:
            said = words.percent(share) if share is not None else words.gettext("no capacity")
            yield text(x + wide / 2 - 1.5, y + 29, said, fill=on(colour), font_weight=600, text_anchor="middle")


def small(days: Sequence[DayOfWork], monday: date, weeks: int, words: Words) -> Iterator[str]:
    wide, high = min(18.0, (720.0 - LEFT) / weeks), 18.0
    for weekday in (0, 2, 4, 6):
        said = words.weekday(monday + weekday * DAY)
        yield text(LEFT - 8, TOP + high * weekday + 12, said, fill=SOFT, font_size=SMALL, text_anchor="end")
    for day in days:
        week, weekday = divmod((day.on - monday).days, WEEK)
        if day.on.day == 1:
            said = words.month(day.on).split()[0]
            yield text(LEFT + wide * week, TOP - 6, said, fill=SOFT, font_size=SMALL)
        yield cell(day, (LEFT + wide * week, TOP + high * weekday), (wide - 1.5, high - 1.5), words)


def cell(day: DayOfWork, place: tuple[float, float], size: tuple[float, float], words: Words) -> str:
    """A day; without capacity an empty frame, above all its capacity a strong one."""
    share = share_of(day)
    said = f"{words.day(day.on)}: {words.percent(share)}"
    look: dict[str, float | str] = {"fill": PAPER if share is None else shade(share, FULL)}
    if share is None:
        look |= {"stroke": LINE, "stroke_width": 0.8}
    elif share > FULL:
        look |= {"stroke": INK, "stroke_width": 1.6}
    return tag("rect", title=said, x=place[0], y=place[1], width=size[0], height=size[1], rx=2, class_="day", **look)


def legend(words: Words) -> Iterator[str]:
    y, x = 8.0, LEFT
    parts = (words.percent(0), *(words.percent((at + 1) / len(RAMP)) for at in range(len(RAMP))))
    yield tag("rect", x=x, y=y, width=40, height=9, fill=GROUND)
    yield text(x + 4, y + 19, parts[0], fill=SOFT, font_size=8.5)
    for at, colour in enumerate(RAMP):
        yield tag("rect", x=x + 40 * (at + 1), y=y, width=40, height=9, fill=colour)
        said = words.gettext("to %(share)s", share=parts[at + 1])
        yield text(x + 40 * (at + 1) + 4, y + 19, said, fill=SOFT, font_size=8.5)
    x += 40 * (len(RAMP) + 1) + 22
    yield tag("rect", x=x, y=y, width=14, height=9, fill=RAMP[-1], stroke=INK, stroke_width=1.6)
    yield text(x + 20, y + 8.5, words.gettext("more than was on offer"), fill=SOFT, font_size=SMALL)
    yield tag("rect", x=x + 150, y=y, width=14, height=9, fill=PAPER, stroke=LINE, stroke_width=0.8)
    yield text(x + 170, y + 8.5, words.gettext("nothing on offer"), fill=SOFT, font_size=SMALL)


def table(days: Sequence[DayOfWork], words: Words) -> Table:
    return Table(
        header=(
            words.gettext("Day"),
            words.gettext("Minutes with clients"),
            words.gettext("Minutes on offer"),
            words.gettext("Utilisation"),
        ),
        rows=tuple(
            (
                words.day(each.on),
                words.number(each.attended),
                words.number(each.capacity),
                words.percent(share_of(each)),
            )
            for each in days
        ),
    )
