"""How often one address may knock at links: counted in Redis for all processes, in each process while Redis is away."""

import logging
from ipaddress import IPv6Address, IPv6Network, ip_address

from flask import Blueprint, Flask, request
from flask_limiter import Limiter

ALLOWANCE = "60 per minute"
IMPATIENT = {"socket_connect_timeout": 1, "socket_timeout": 1}
HOME_PREFIX = 64


def limit(app: Flask, blueprint: Blueprint, redis_url: str) -> None:
    """Let one address have `ALLOWANCE` of all the blueprint's routes together, and nothing else of the app."""
    limiter = Limiter(
        visitor_address,
        storage_uri=redis_url,
        storage_options=dict(IMPATIENT),
        strategy="fixed-window",
        in_memory_fallback_enabled=True,
    )
    limiter.request_filter(lambda: request.blueprint != blueprint.name)
    limiter.shared_limit(ALLOWANCE, scope=blueprint.name)(blueprint)
    limiter.init_app(app)
    limiter.logger.setLevel(logging.WARNING)  # it would tell the address of everybody who is refused


def visitor_address() -> str:
    """The address of whoever calls; of IPv6 the half that one household shares."""
    given = request.remote_addr or "127.0.0.1"
    try:
        address = ip_address(given)
    except ValueError:
        return given
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, HOME_PREFIX), strict=False))
    return given
