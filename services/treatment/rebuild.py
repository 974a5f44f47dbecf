"""Treatment's read models, made anew from the logs of the services it follows while it runs."""

import inspect
from pathlib import Path

from services.treatment import migrations, views
from services.treatment.consume import NAME, feeds, handler
from shared.database import make_engine
from shared.events import FAMILIES
from shared.rebuild import Rebuilt, rebuild as rebuild_views
from shared.replay import consumed_log, fingerprint
from shared.settings import Settings

NEEDED = ("SYNERGIST_TREATMENT_MIGRATE_URL", "SYNERGIST_SERVICE_KEY")


def rebuild(settings: Settings) -> Rebuilt:
    """Fill the idle read models and take them into use; for what it raises see shared.rebuild."""
    owner = make_engine(settings.treatment.migrate)
    logs = [consumed_log(NAME, source, feed, handler()) for source, feed in feeds(settings).items()]
    return rebuild_views(owner, logs, migrations.create_views, made_by=fingerprint(sources()))


def sources() -> list[Path]:
    """The files that say how the read models are made."""
    return [*(Path(inspect.getfile(each)) for each in (views, *FAMILIES)), migrations.FOLDER / "views.sql"]
