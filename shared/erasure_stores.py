"""Where something of a client stands beside scheduling's own stores, and with which class it goes.

Whoever follows an erasure counts these; scheduling names them before anybody has counted.
"""

from collections.abc import Mapping

from shared.events.registry import DataClass
from shared.events.scheduling_erasure import Follower

OF_TREATMENT: Mapping[str, DataClass] = {
    "treatment_record": "clinical",
    "glass_breaks": "clinical",
    "client_links": "contact",
    "idempotency": "contact",
}
"""Words of the record and of those who broke the glass; links, and answers kept for repeated requests."""

OF_WORKERS: Mapping[str, DataClass] = {"due_messages": "contact", "arrivals": "contact", "homework": "contact"}
"""Messages not sent yet or of which a provider has a word; arrivals still to be told; homework to be reminded of."""

OF_FOLLOWERS: Mapping[Follower, Mapping[str, DataClass]] = {"treatment": OF_TREATMENT, "workers": OF_WORKERS}
