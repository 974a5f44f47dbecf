"""Founding a chain, which only an operator does, and finding it again by its slug."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Engine, text

from shared.database import Database
from shared.decider import Refused
from shared.event_store import Metadata, Transaction
from shared.events.scheduling import ChainCreated
from shared.ids import new_id
from shared.staff_web.chains import SLUG

CLAIM = text("INSERT INTO chain_slugs (slug, chain_id) VALUES (:slug, :chain_id) ON CONFLICT DO NOTHING RETURNING slug")
EXISTS = text("SELECT EXISTS (SELECT FROM chain_slugs WHERE chain_id = :chain_id)")
ALL = text("SELECT slug, chain_id FROM chain_slugs ORDER BY slug")
FIND = text("SELECT chain_id FROM chain_slugs WHERE slug = :slug")


class BadSlug(Refused):
    """A slug has 1 to 40 small letters, digits and inner hyphens."""

    code = "bad_slug"


class SlugTaken(Refused):
    """There is a chain with this slug."""

    code = "slug_taken"


def create_chain(database: Database, slug: str, name: str) -> UUID:
    """Found a chain and give its id; raises BadSlug or SlugTaken."""
    if not SLUG.fullmatch(slug):
        raise BadSlug
    chain_id = new_id()

    def work(tx: Transaction) -> UUID:
        if tx.connection.execute(CLAIM, {"slug": slug, "chain_id": chain_id}).first() is None:
            raise SlugTaken
        tx.append(f"chain-{chain_id}", 0, [ChainCreated(chain_id=chain_id, slug=slug, name=name)])
        return chain_id

    metadata = Metadata(actor="operator", role="operator", origin="command-line", correlation_id=str(new_id()))
    return database.command(chain_id, metadata, work)


def chain_called(engine: Engine, slug: str) -> UUID | None:
    """The id of the chain with this slug, if there is one."""
    with engine.connect() as connection:
        found: UUID | None = connection.execute(FIND, {"slug": slug}).scalar_one_or_none()
        return found


@dataclass(frozen=True, slots=True)
class Founded:
    """Whether a chain exists; a chain is for ever, so each that was found is asked for once in a process."""

    engine: Engine
    known: set[UUID] = field(default_factory=set)

    def __call__(self, chain_id: UUID) -> bool:
        if chain_id not in self.known:
            with self.engine.connect() as connection:
                if not connection.execute(EXISTS, {"chain_id": chain_id}).scalar_one():
                    return False
            self.known.add(chain_id)
        return True


def chains(engine: Engine) -> list[tuple[str, UUID]]:
    """Every chain of the system with its slug."""
    with engine.connect() as connection:
        return [(row.slug, row.chain_id) for row in connection.execute(ALL)]
