"""Treatment's read models, made anew from its own log and from those of the services it follows while it runs."""

from collections.abc import Mapping

from services.treatment import migrations
from services.treatment.consume import NAME, feeds, handle
from services.treatment.own_views import OWN_VIEWS
from shared.database import make_engine
from shared.fingerprint import fingerprint
from shared.rebuild import ReadModels
from shared.replay import LogAtHand, Source, consumed_log, own_log
from shared.sealing import sealer_of
from shared.settings import Settings

NEEDED = (
    "SYNERGIST_TREATMENT_MIGRATE_URL",
    "SYNERGIST_TREATMENT_READER_URL",
    "SYNERGIST_MASTER_KEYS",
    "SYNERGIST_SERVICE_KEY",
)
OWN = "treatment"


def logs(settings: Settings) -> Mapping[str, Source]:
    """What they are made from while the services run, by the service's name."""
    return {OWN: LogAtHand(make_engine(settings.treatment.reader)), **feeds(settings)}


def read_models(settings: Settings, logs: Mapping[str, Source]) -> ReadModels:
    """How they are made, for shared.rebuild."""
    others = [consumed_log(NAME, source, log, handle) for source, log in logs.items() if source != OWN]
    return ReadModels(
        owner=make_engine(settings.treatment.migrate),
        replays=[own_log(OWN, logs[OWN], OWN_VIEWS, sealer_of(settings)), *others],
        create=migrations.create_views,
        made_by=made_by(),
    )


def made_by() -> str:
    """The fingerprint of what makes them."""
    modules = ["services.treatment.views", "services.treatment.own_views", "shared.codec", "shared.aliases"]
    modules += [
        "shared.client_clinics",
        "shared.columns",
        "shared.kept",
        "shared.providers",
        "shared.staff",
        "shared.writing",
    ]
    return fingerprint(modules, ["services.treatment", "shared.events"], *migrations.VIEWS_SQL)
