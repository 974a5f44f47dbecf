"""Every event of every service: what happened, named for ever, free of frameworks."""

from shared.events import (
    scheduling,
    scheduling_contacts,
    scheduling_corrections,
    scheduling_disruptions,
    scheduling_erasure,
    scheduling_export,
    scheduling_identity,
    scheduling_links,
    scheduling_people,
    scheduling_reaching,
    scheduling_relations,
    scheduling_staff,
    treatment_episodes,
    treatment_patterns,
    treatment_sessions,
)
from shared.events.registry import EVENTS, NULLS, PERSONAL, Personal, event, name_of

FAMILIES = (
    scheduling,
    scheduling_contacts,
    scheduling_corrections,
    scheduling_disruptions,
    scheduling_erasure,
    scheduling_export,
    scheduling_identity,
    scheduling_links,
    scheduling_people,
    scheduling_reaching,
    scheduling_relations,
    scheduling_staff,
    treatment_episodes,
    treatment_patterns,
    treatment_sessions,
)
"""The modules that say what may be recorded; a new family is a file `<service>_<family>.py` and a place here."""

__all__ = [
    "EVENTS",
    "FAMILIES",
    "NULLS",
    "PERSONAL",
    "Personal",
    "event",
    "name_of",
    "scheduling",
    "scheduling_contacts",
    "scheduling_corrections",
    "scheduling_disruptions",
    "scheduling_erasure",
    "scheduling_export",
    "scheduling_identity",
    "scheduling_links",
    "scheduling_people",
    "scheduling_reaching",
    "scheduling_relations",
    "scheduling_staff",
    "treatment_episodes",
    "treatment_patterns",
    "treatment_sessions",
]
