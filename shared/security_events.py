"""What somebody at the door does who should not be there: one log line and one count each, in words that never change.

A line says where it happened (the route's rule, never its path, which may hold the token of a link), from which part of
the network, and, where it is known, in which chain; no name, no address of a person, no token.
"""

from ipaddress import ip_address, ip_network
from typing import Literal

import structlog
from prometheus_client import Counter

Kind = Literal[
    "token_refused",
    "sign_in_failed",
    "role_refused",
    "record_refused",
    "csrf_refused",
    "pin_refused",
    "pin_ended",
    "signature_refused",
    "link_refused",
    "fresh_link_asked",
    "rate_limited",
    "exact_search_limit",
    "rate_limits_away",
    "too_large",
]
"""What each means, and when to look, stands in docs/operations.md."""

PREFIX_LENGTHS = {4: 24, 6: 48}
EVENTS = Counter("synergist_security_events_total", "Refused and suspicious requests", ["kind"])
log = structlog.get_logger()


def noticed(kind: Kind, **about: str | None) -> None:
    """Log and count it; `about` holds ids, codes and rules only."""
    log.warning("security_event", kind=kind, **{name: value for name, value in about.items() if value is not None})
    EVENTS.labels(kind).inc()


def network_of(address: str | None) -> str | None:
    """The neighbourhood of an internet address, which tells attacks apart and no household; None for anything else."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return None
    return str(ip_network((found, PREFIX_LENGTHS[found.version]), strict=False))
