"""What stands in the way of a release: contraindications that touch its target, and sites where pressure needs care.

Left never stands in the way of right; everything else that meets there does: both sides, the middle, a region and what
lies in it, a target and what it is a part of.
"""

from datetime import date

from services.treatment.history.state import Contraindication, History
from shared.catalogue.model import Catalogue, Side, Target
from shared.events.treatment_sessions import Guarded


def guards(history: History, target: str, side: Side, catalogue: Catalogue, on: date) -> tuple[Guarded, ...]:
    """What to heed before a release of this target on a day, contraindications first. Raises UnknownTarget.

    A contraindication comes with its cause as code, an endangerment with its site.
    """
    released = catalogue.find(target)
    return (
        *(
            Guarded(kind="contraindication", code=each.cause, id=each_id)
            for each_id, each in history.contraindications(on)
            if touches(each, released, side, catalogue)
        ),
        *(Guarded(kind="endangerment", code=site) for site in released.endangerment),
    )


def touches(noted: Contraindication, released: Target, side: Side, catalogue: Catalogue) -> bool:
    """Whether a contraindication is about this release."""
    if noted.scope == "absolute":
        return True
    if noted.side is not None and {noted.side, side} == {"left", "right"}:
        return False
    if noted.target is not None and noted.target in catalogue.family(released.code):
        return True
    return noted.region is not None and any(meet(noted.region, each, catalogue) for each in released.chart_regions)


def meet(one: str, other: str, catalogue: Catalogue) -> bool:
    """Whether one region of the body chart is the other, holds it, or lies in it."""
    return one in catalogue.chart_above(other) or other in catalogue.chart_above(one)
