"""The workers' facts, made anew from scheduling's log while they run; messages that are missing then are added.

What is due already is not added: it may have gone out before, and a rebuild sends nothing again.
"""

import inspect
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, text

from shared.database import make_engine
from shared.events import FAMILIES
from shared.rebuild import Rebuilt, rebuild as rebuild_views
from shared.replay import consumed_log, fingerprint
from shared.sealing import PlainSealer
from shared.settings import Settings
from workers import consume, migrations
from workers.messages import facts
from workers.messages.due import reconcile
from workers.messages.tasks import now
from workers.projector import feeds

NEEDED = ("SYNERGIST_WORKERS_MIGRATE_URL", "SYNERGIST_SERVICE_KEY")

ENTER = text("SELECT enter_views()")


def rebuild(settings: Settings) -> Rebuilt:
    """Fill the idle facts, take them into use, and plan again; for what it raises see shared.rebuild."""
    owner = make_engine(settings.workers.migrate)
    handle = consume.handler(PlainSealer())
    logs = [consumed_log(consume.CONSUMER, source, feed, handle) for source, feed in feeds(settings).items()]
    rebuilt = rebuild_views(owner, logs, migrations.create_views, made_by=fingerprint(sources()))
    plan_again(owner, now())
    return rebuilt


def plan_again(engine: Engine, as_of: datetime) -> None:
    """Bring the messages of every visit still ahead to what the facts say, without those that are due already."""
    last, more = facts.FIRST, True
    while more:
        with engine.begin() as connection:
            connection.execute(ENTER)
            subjects = facts.upcoming(connection, as_of, last)
            reconcile(connection, subjects, as_of, only_ahead=True)
        more = bool(subjects)
        last = subjects[-1][0].appointment_id if subjects else last


def sources() -> list[Path]:
    """The files that say how the facts are made."""
    return [*(Path(inspect.getfile(each)) for each in (consume, facts, *FAMILIES)), migrations.FOLDER / "views.sql"]
