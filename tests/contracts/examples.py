"""One example of every event with every field filled, and one with all that may be absent left out; never changed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.events import name_of
from tests.contracts import (
    examples_of_alerts,
    examples_of_care,
    examples_of_check_ins,
    examples_of_directory,
    examples_of_erasure,
    examples_of_history,
    examples_of_people,
    examples_of_reports,
    examples_of_sessions,
    examples_of_staff,
    examples_of_visits,
)

FAMILIES = (
    examples_of_alerts,
    examples_of_care,
    examples_of_check_ins,
    examples_of_directory,
    examples_of_erasure,
    examples_of_history,
    examples_of_people,
    examples_of_reports,
    examples_of_sessions,
    examples_of_staff,
    examples_of_visits,
)
FILLED: tuple[Any, ...] = tuple(event for family in FAMILIES for event in family.FILLED)
ABSENT: Mapping[type, Mapping[str, Any]] = {
    name: fields for family in FAMILIES for name, fields in family.ABSENT.items()
}

EXAMPLES: Mapping[str, Any] = {name_of(type(event)): event for event in FILLED} | {
    f"{name_of(type(event))}.absent": replace(event, **ABSENT[type(event)]) for event in FILLED if type(event) in ABSENT
}
"""By the name of the golden file."""
