"""Scheduling's read models, made anew from its own log while it runs."""

from collections.abc import Mapping

from services.scheduling import migrations
from services.scheduling.views import VIEWS
from shared.database import make_engine
from shared.fingerprint import fingerprint
from shared.rebuild import ReadModels
from shared.replay import LogAtHand, Source, own_log
from shared.sealing import sealer_of
from shared.settings import Settings

NEEDED = ("SYNERGIST_SCHEDULING_MIGRATE_URL", "SYNERGIST_SCHEDULING_READER_URL", "SYNERGIST_MASTER_KEYS")


def logs(settings: Settings) -> Mapping[str, Source]:
    """What they are made from, by the service's name."""
    return {"scheduling": LogAtHand(make_engine(settings.scheduling.reader))}


def read_models(settings: Settings, logs: Mapping[str, Source]) -> ReadModels:
    """How they are made, for shared.rebuild."""
    return ReadModels(
        owner=make_engine(settings.scheduling.migrate),
        replays=[own_log("scheduling", logs["scheduling"], VIEWS, sealer_of(settings))],
        create=migrations.create_views,
        made_by=made_by(),
    )


def made_by() -> str:
    """The fingerprint of what makes them."""
    modules = ["services.scheduling.views", "shared.codec", "shared.aliases", "shared.client_clinics"]
    modules += ["shared.columns", "shared.kept", "shared.providers", "shared.staff", "shared.writing"]
    return fingerprint(modules, ["services.scheduling", "shared.events"], *migrations.VIEWS_SQL)
