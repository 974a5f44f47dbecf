"""What people at a shared tablet are called where everybody can read it: no more of a name than tells them apart."""

from collections import Counter
from collections.abc import Sequence

from services.scheduling.web.pages import first_name


def short_names(names: Sequence[str]) -> list[str]:
    """The first name of each, with the initial of the last where two share it; in their order."""
    firsts = [first_name(name) for name in names]
    shared = Counter(firsts)
    return [
        with_initial(name, first) if shared[first] > 1 else first for name, first in zip(names, firsts, strict=True)
    ]


def with_initial(name: str, first: str) -> str:
    last = name.split()[-1:] or [""]
    return first if last == [first] else f"{first} {last[0][:1]}."
