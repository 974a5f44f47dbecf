"""Treatment's read models, made anew from the logs of the services it follows while it runs."""

from collections.abc import Mapping

from services.treatment import migrations
from services.treatment.consume import NAME, feeds, handle
from shared.database import make_engine
from shared.fingerprint import fingerprint
from shared.rebuild import ReadModels
from shared.replay import Source, consumed_log
from shared.settings import Settings

NEEDED = ("SYNERGIST_TREATMENT_MIGRATE_URL", "SYNERGIST_SERVICE_KEY")


def logs(settings: Settings) -> Mapping[str, Source]:
    """What they are made from while the services run, by the service's name."""
    return feeds(settings)


def read_models(settings: Settings, logs: Mapping[str, Source]) -> ReadModels:
    """How they are made, for shared.rebuild."""
    return ReadModels(
        owner=make_engine(settings.treatment.migrate),
        replays=[consumed_log(NAME, source, log, handle) for source, log in logs.items()],
        create=migrations.create_views,
        made_by=made_by(),
    )


def made_by() -> str:
    """The fingerprint of what makes them."""
    modules = ["services.treatment.views", "shared.codec", "shared.aliases", "shared.staff", "shared.providers"]
    return fingerprint(modules, ["services.treatment", "shared.events"], *migrations.VIEWS_SQL)
