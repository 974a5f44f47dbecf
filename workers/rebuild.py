"""The workers' facts, made anew from both services' logs while they run; messages that are missing then are added.

What is due already is not added: it may have gone out before, and a rebuild sends nothing again.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine, text

from shared.database import make_engine
from shared.fingerprint import fingerprint
from shared.rebuild import ReadModels
from shared.replay import Source, consumed_log
from shared.settings import Settings
from workers import consume, migrations
from workers.messages import check_ins, facts, homework
from workers.messages.due import reconcile
from workers.messages.tasks import now
from workers.projector import feeds

NEEDED = ("SYNERGIST_WORKERS_MIGRATE_URL", "SYNERGIST_SERVICE_KEY")

ENTER = text("SELECT enter_views()")


def logs(settings: Settings) -> Mapping[str, Source]:
    """What they are made from while the services run, by the service's name."""
    return feeds(settings)


def read_models(settings: Settings, logs: Mapping[str, Source]) -> ReadModels:
    """How they are made, for shared.rebuild."""
    owner = make_engine(settings.workers.migrate)
    return ReadModels(
        owner=owner,
        replays=[consumed_log(consume.CONSUMER, source, log, consume.handle) for source, log in logs.items()],
        create=migrations.create_views,
        made_by=made_by(),
        afterwards=lambda: plan_again(owner, now()),
    )


def made_by() -> str:
    """The fingerprint of what makes them, the planning of messages included."""
    return fingerprint(
        ["workers.consume", "shared.codec", "shared.aliases", "shared.staff"],
        ["workers", "shared.events"],
        *migrations.VIEWS_SQL,
    )


def plan_again(engine: Engine, as_of: datetime) -> None:
    """Bring messages of visits, questions and homework to what the facts say, without those that are due already."""
    plan_visits(engine, as_of)
    asked: UUID | None = check_ins.FIRST
    while asked is not None:
        with engine.begin() as connection:
            connection.execute(ENTER)
            asked = check_ins.plan_again(connection, as_of, asked)
    given: UUID | None = homework.FIRST
    while given is not None:
        with engine.begin() as connection:
            connection.execute(ENTER)
            given = homework.plan_again(connection, as_of, given)


def plan_visits(engine: Engine, as_of: datetime) -> None:
    last, more = facts.FIRST, True
    while more:
        with engine.begin() as connection:
            connection.execute(ENTER)
            subjects = facts.upcoming(connection, as_of, last)
            reconcile(connection, subjects, as_of, only_ahead=True)
        more = bool(subjects)
        last = subjects[-1][0].appointment_id if subjects else last
