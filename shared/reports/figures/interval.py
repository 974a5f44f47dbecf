"""A share and its interval, drawn small on a line from 0 to 100 %: how wide it is says more than the share does."""

from shared.reports.figures.drawing import FAINT, INK, LINE, Scale, circle, line, plain, tag

ACROSS, HIGH = 120.0, 14.0


def bar(share: float, low: float, high: float) -> str:
    """The numbers stand beside it, so it says nothing to whoever cannot see it."""
    across, middle = Scale(0, 1, 4, ACROSS - 4), HIGH / 2
    return tag(
        "svg",
        line(across(0), middle, across(1), middle, stroke=LINE, stroke_width=1),
        *(line(across(at), middle - 3, across(at), middle + 3, stroke=LINE, stroke_width=1) for at in (0, 0.5, 1)),
        line(across(low), middle, across(high), middle, stroke=FAINT, stroke_width=4, stroke_linecap="round"),
        circle(across(share), middle, 3.2, fill=INK),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {plain(ACROSS)} {plain(HIGH)}",
        width=ACROSS,
        height=HIGH,
        aria_hidden="true",
    )
