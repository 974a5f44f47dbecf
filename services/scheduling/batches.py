"""A batch of questions from our own services is answered chain by chain: no transaction sees two chains."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID


def by_chain(items: Iterable[dict[str, Any]]) -> Mapping[UUID, list[dict[str, Any]]]:
    """The questions of each chain, which each names as `chain_id`, in their order."""
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for item in items:
        found[item["chain_id"]].append(item)
    return found
