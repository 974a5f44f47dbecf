"""Scheduling's read models, made anew from its own log while it runs."""

import inspect
from pathlib import Path

from services.scheduling import migrations, writing
from services.scheduling.views import VIEWS
from shared.database import make_engine
from shared.events import FAMILIES
from shared.rebuild import Rebuilt, rebuild as rebuild_views
from shared.replay import fingerprint, own_log
from shared.sealing import PlainSealer
from shared.settings import Settings

NEEDED = ("SYNERGIST_SCHEDULING_MIGRATE_URL", "SYNERGIST_SCHEDULING_READER_URL")


def rebuild(settings: Settings) -> Rebuilt:
    """Fill the idle read models and take them into use; for what it raises see shared.rebuild."""
    owner, reader = make_engine(settings.scheduling.migrate), make_engine(settings.scheduling.reader)
    log = own_log("scheduling", reader, VIEWS, PlainSealer())
    return rebuild_views(owner, [log], migrations.create_views, made_by=fingerprint(sources()))


def sources() -> list[Path]:
    """The files that say how the read models are made."""
    modules = [inspect.getfile(view) for view in VIEWS] + [str(family.__file__) for family in (*FAMILIES, writing)]
    return [*map(Path, modules), migrations.FOLDER / "views.sql"]
