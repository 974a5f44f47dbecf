"""How much somebody may ask: counted in Redis for all processes, in one round trip however many quotas a request meets.

While Redis is away nothing can be counted. Who is known is let in all the same; who only holds a link is asked to come
back, because there nothing else would stop somebody who tries one after the other.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import IPv6Address, IPv6Network, ip_address

from flask import Response, g, request
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from shared.auth import Caller, Identity
from shared.http.problems import Problem
from shared.security_events import Kind, network_of, noticed
from shared.settings import RateSettings

PATIENCE_SECONDS = 0.25
"""How long Redis may take to connect and to answer."""

REST_SECONDS = 2.0
"""For so long Redis is not asked again after it was away: nobody waits for it twice."""

HOME_PREFIX = 64
KNOWN_WINDOW = 10
MINUTE = 60
HOUR = 3600
DAY = 86_400

TOO_MANY_REPORTS = "too_many_reports"
REFUSALS = {
    "too_many_requests": "Please wait before you ask again.",
    TOO_MANY_REPORTS: "Many reports were asked for in the last hour; please ask for more of them later.",
}


@dataclass(frozen=True, slots=True)
class Quota:
    """So many requests in each window of so many seconds."""

    name: str
    requests: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left of a quota (negative: by how much it is exceeded) and the seconds until it is whole again."""

    quota: Quota
    left: int
    reset: int


class NotCounted(Exception):
    """Redis is away, so nobody knows how much was asked."""


@dataclass
class Counters:
    """Counts requests by quota and by whom."""

    redis: Redis
    clock: Callable[[], float] = time.time
    away_until: float = field(default=0.0, init=False)

    def take(self, shares: Sequence[tuple[Quota, str]]) -> list[Standing]:
        """Count one request towards each quota of each of these; raises NotCounted."""
        now = self.clock()
        if now < self.away_until:
            raise NotCounted
        pipeline = self.redis.pipeline(transaction=False)
        for quota, whose in shares:
            key = f"limit:{quota.name}:{sha256(whose.encode()).hexdigest()[:32]}:{int(now) // quota.seconds}"
            pipeline.incr(key)
            pipeline.expire(key, 2 * quota.seconds)
        try:
            counts = pipeline.execute()[::2]
        except RedisError as error:
            self.away_until = self.clock() + REST_SECONDS
            noticed("rate_limits_away", error=type(error).__name__)
            raise NotCounted from error
        return [
            Standing(quota, quota.requests - count, quota.seconds - int(now) % quota.seconds)
            for (quota, _), count in zip(shares, counts, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class RateLimits:
    """The limits of one service: people and chains at the API, addresses and links at what is public.

    `search`: one person's looks beyond their own clinics, which would otherwise find whom they guess. `reports` and
    `chain_reports`: what one person and one chain have made of caseload reports, each of which is work for minutes.
    """

    counters: Counters
    user: Quota
    chain: Quota
    provider: Quota
    address: Quota
    link: Quota
    search: Quota
    reports: Quota
    chain_reports: Quota

    @classmethod
    def of(cls, redis_url: str, rates: RateSettings) -> "RateLimits":
        """The limits that the settings give; connects when it first counts."""
        redis = Redis.from_url(
            redis_url,
            socket_connect_timeout=PATIENCE_SECONDS,
            socket_timeout=PATIENCE_SECONDS,
            retry=Retry(NoBackoff(), 1),
        )
        return cls(
            Counters(redis),
            user=Quota("user", rates.user_per_second * KNOWN_WINDOW, KNOWN_WINDOW),
            chain=Quota("chain", rates.chain_per_second * KNOWN_WINDOW, KNOWN_WINDOW),
            provider=Quota("provider", rates.hook_per_minute, MINUTE),
            address=Quota("address", rates.address_per_minute, MINUTE),
            link=Quota("link", rates.link_per_minute, MINUTE),
            search=Quota("search", rates.searches_per_day, DAY),
            reports=Quota("reports", rates.reports_per_hour, HOUR),
            chain_reports=Quota("chain-reports", rates.chain_reports_per_hour, HOUR),
        )

    def admit_person(self, identity: Identity) -> None:
        """Count a person's request towards that person and the chain, if it can be counted; our services are not."""
        if identity.chain_id is None:
            return
        person = f"{identity.chain_id} {identity.issuer} {identity.subject}"
        shares = [(self.user, person), (self.chain, str(identity.chain_id))]
        with suppress(NotCounted):
            admit(self.counters.take(shares), told=True)

    def admit_exact_search(self, caller: Caller) -> None:
        """Count a look beyond the caller's clinics, whether or not it finds anybody, if it can be counted."""
        with suppress(NotCounted):
            standings = self.counters.take([(self.search, f"{caller.chain_id} {caller.subject}")])
            admit(standings, told=False, kind="exact_search_limit", chain_id=str(caller.chain_id))

    def admit_report(self, caller: Caller) -> None:
        """Count a report or restatement that is to be made for somebody, if it can be counted.

        What a person is refused does not count towards the chain.
        """
        shares = ((self.reports, f"{caller.chain_id} {caller.subject}"), (self.chain_reports, str(caller.chain_id)))
        for share in shares:
            with suppress(NotCounted):
                admit(self.counters.take([share]), told=False, code=TOO_MANY_REPORTS)

    def admit_provider(self) -> None:
        """Count a provider's call towards its address, if it can be counted: its signature is checked in any case."""
        with suppress(NotCounted):
            admit(self.counters.take([(self.provider, visitor_address())]), told=True)

    def admit_newcomer(self) -> None:
        """Count a request of somebody who is about to sign in towards the address, if it can be counted."""
        with suppress(NotCounted):
            admit(self.counters.take([(self.address, visitor_address())]), told=False)

    def admit_visitor(self, link: str | None = None) -> None:
        """Count a visitor's request towards the address and the link; raises Problem too when it cannot be counted."""
        of_link = [(self.link, link)] if link else []
        self.admit_unknown([(self.address, visitor_address()), *of_link])

    def admit_unknown(self, shares: Sequence[tuple[Quota, str]]) -> None:
        """Count the request of somebody nobody knows; raises Problem too when it cannot be counted."""
        try:
            admit(self.counters.take(shares), told=False)
        except NotCounted as error:
            raise Problem(503, "limits_away", "Please try again in a moment.", retry_after=int(REST_SECONDS)) from error


def admit(
    standings: Sequence[Standing],
    *,
    told: bool,
    kind: Kind = "rate_limited",
    code: str = "too_many_requests",
    **about: str,
) -> None:
    """Raise Problem when one quota is exceeded; the standings are for the answer's headers then, or always if `told`.

    Whoever exceeds it is noted once in each window, and not with every request: the log is not theirs to fill.
    """
    exceeded = [each for each in standings if each.left < 0]
    if told or exceeded:
        g.standings = standings
    if exceeded:
        if first := next((each for each in exceeded if each.left == -1), None):
            noticed(kind, quota=first.quota.name, network=network_of(request.remote_addr), **about)
        wait = max(each.reset for each in exceeded)
        raise Problem(429, code, REFUSALS[code], retry_after=wait)


def say_standings(response: Response) -> None:
    """Tell a client how to stay within its quotas (draft-ietf-httpapi-ratelimit-headers-10)."""
    standings: Sequence[Standing] = g.get("standings", ())
    if standings:
        quotas = (f'"{each.quota.name}";q={each.quota.requests};w={each.quota.seconds}' for each in standings)
        lefts = (f'"{each.quota.name}";r={max(each.left, 0)};t={each.reset}' for each in standings)
        response.headers["RateLimit-Policy"] = ", ".join(quotas)
        response.headers["RateLimit"] = ", ".join(lefts)


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
