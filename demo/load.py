"""`python -m demo.load`: put the invented chain into the running system, through its public API alone.

What is there already stays as it is. Every call can be repeated, so a load that was killed is taken up where it ended,
and a second one changes nothing.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID

import httpx

from demo import bodies
from demo.api import Api, Unexpected, content, set_confirmation_wait
from demo.chain import CLINICS, CONFIRMATION_WAIT_SECONDS, NAME, OFFERINGS, RIVER, SLUG, TRAVEL_MINUTES
from demo.colleagues import COLLEAGUES
from demo.episodes import COURSES, WHO, Known, charted
from demo.people import CLIENTS, THERAPISTS
from demo.practice import Ids, Json
from demo.practising import practising
from demo.system import NoToken, NotRunning, System, running_system, said
from demo.visits import two_weeks

THREADS = 4
MILLISECONDS = 1000

Say = Callable[[str], None]


def main() -> None:
    try:
        system = running_system()
        token = token_of_chain(system)
        with Api.at(system.scheduling_url, token) as api:
            load(system, api, lambda line: print(line, flush=True))
    except (NotRunning, NoToken, Unexpected, httpx.TransportError) as error:
        sys.exit(f"The demo was not loaded. {error}")


def token_of_chain(system: System) -> str:
    """A token of the chain's administrator; the chain is founded first if need be. Raises NoToken."""
    try:
        return system.token(SLUG, "chain_admin")
    except NoToken:
        founding = system.synergist("chain", "create", "--slug", SLUG, "--name", NAME)
        if founding.returncode != 0:
            raise NoToken(said(founding)) from None
        return system.token(SLUG, "chain_admin")


def load(system: System, api: Api, say: Say) -> None:
    """Everything, in the order in which one needs the other; `say` is told how it goes."""
    began = time.monotonic()
    founded_at = founding_of(UUID(api.read("/v1/chain")["id"]))
    set_confirmation_wait(api, CONFIRMATION_WAIT_SECONDS)
    with ThreadPoolExecutor(THREADS) as pool:
        loader = Loader(api, pool, say)
        clinics = loader.add("clinics", "/v1/clinics", {each.key: bodies.clinic(each) for each in CLINICS})
        for clinic in CLINICS:
            loader.add(f"rooms of {clinic.name}", f"/v1/clinics/{clinics[clinic.key]}/rooms", bodies.rooms(clinic))
        loader.fill("travel times", bodies.travel_times(TRAVEL_MINUTES, clinics))
        offerings = loader.add("offerings", "/v1/offerings", {each.name: bodies.offering(each) for each in OFFERINGS})
        therapists = loader.add(
            "therapists", "/v1/therapists", {each.key: bodies.therapist(each, founded_at) for each in THERAPISTS}
        )
        loader.fill(
            "rotas",
            {
                f"/v1/therapists/{therapists[each.key]}/rota": bodies.rota(each, clinics, founded_at)
                for each in THERAPISTS
            },
        )
        staff = loader.add("staff", "/v1/staff", {each.name: each.body(clinics, therapists) for each in COLLEAGUES})
        addresses = {f"/v1/staff/{staff[each.name]}/address": each.address for each in COLLEAGUES}
        loader.fill("addresses of staff", addresses, part="address")
        clients = loader.add("clients", "/v1/clients", {each.key: bodies.client(each) for each in CLIENTS})
        visits = {
            visit.key: bodies.visit(visit, clinics, therapists, clients, offerings) for visit in two_weeks(founded_at)
        }
        loader.add("visits", "/v1/appointments", visits, may_be_late=True)
        known = Known(clinics=clinics, offerings=offerings, therapists=therapists, clients=clients)
        seen = {course.key: course.visit(known, founded_at) for course in COURSES}
        chart(system, loader, known, loader.add("visits that took place", "/v1/appointments", seen), founded_at)
    say(f"The demo chain is there ({time.monotonic() - began:.0f} s).")


def chart(system: System, loader: "Loader", known: Known, visits: Ids, founded_at: datetime) -> None:
    """Let one of the therapists chart the episodes of clients whom they have seen, and who agree to be asked later."""
    for course in COURSES:
        path = f"/v1/clients/{known.clients[course.client.key]}/permissions/give"
        content(loader.api.send("POST", path, {"purpose": "care"}, version="*"), httpx.codes.OK)
    therapist = {"id": known.therapists[WHO], "name": next(each.name for each in THERAPISTS if each.key == WHO)}
    with practising(system, SLUG, loader.api, therapist, {"id": known.clinics[RIVER.key]}) as practice:
        new = sum(1 for _ in charted(practice, known.clients, visits, founded_at))
    loader.tell("episodes of care", new, len(COURSES) - new, {})


def founding_of(chain_id: UUID) -> datetime:
    """When a chain was founded, which its id tells (UUIDv7): the same day for every load of its demo."""
    return datetime.fromtimestamp((chain_id.int >> 80) / MILLISECONDS, UTC)


class Loader:
    """One load: its connection, its threads, and whom it tells."""

    def __init__(self, api: Api, pool: ThreadPoolExecutor, say: Say) -> None:
        self.api, self.pool, self.say = api, pool, say

    def add(self, what: str, path: str, wanted: Mapping[str, Json], *, may_be_late: bool = False) -> Ids:
        """Add what is missing of a list; the ids of all of it by key.

        `may_be_late`: a refusal by a rule is counted and passed over, for times that have gone since.
        """
        known = {key: item["id"] for item in self.api.everything(path) if (key := key_of(item)) in wanted}
        missing = [key for key in wanted if key not in known]
        refused: Counter[str] = Counter()

        def add_one(key: str) -> tuple[str, str] | None:
            response = self.api.send("POST", path, wanted[key], key=f"demo:{key.replace(' ', '-')}")
            try:
                return key, content(response, httpx.codes.CREATED)["id"]
            except Unexpected as error:
                if not may_be_late or error.status != httpx.codes.CONFLICT:
                    raise
                refused[error.code or "refused"] += 1
                return None

        added = dict(pair for pair in self.pool.map(add_one, missing) if pair)
        self.tell(what, len(added), len(known), refused)
        return known | added

    def fill(self, what: str, wanted: Mapping[str, list[Json] | Json], part: str = "items") -> None:
        """Set each thing by its path, unless there is something in this part of it."""

        def fill_one(path: str) -> bool:
            if self.api.read(path)[part]:
                return False
            content(self.api.send("PUT", path, wanted[path], version="*"), httpx.codes.OK)
            return True

        filled = sum(self.pool.map(fill_one, wanted))
        self.tell(what, filled, len(wanted) - filled, {})

    def tell(self, what: str, added: int, known: int, refused: Mapping[str, int]) -> None:
        parts = [f"{added} new"] if added else []
        parts += [f"{known} there already"] if known else []
        parts += [f"{count} not possible any more ({code})" for code, count in sorted(refused.items())]
        self.say(f"  {what}: {', '.join(parts)}")


def key_of(item: Json) -> str:
    """The key that the loader gave to a thing; offerings have their name."""
    ids: Mapping[str, str] = item.get("external_ids") or {}
    return ids.get(bodies.SYSTEM, str(item.get("name", "")))


if __name__ == "__main__":
    main()
