"""The process that signs the heads of both services' logs, and what an operator says to it.

It alone has the private key; it reads the logs and changes nothing in any database but through the services' APIs.
"""

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

import click
import httpx
import structlog
from jwt import PyJWKSet
from sqlalchemy.exc import DBAPIError

from shared.anchor_file import AnchorFile
from shared.anchor_routes import anchors_kept
from shared.anchors import NotAnAnchor
from shared.background import background
from shared.database import make_engine
from shared.evidence import Evidence, gathered
from shared.faults import described
from shared.logs import configure
from shared.minting import mint_service_token
from shared.notary import Notary, OtherService, PlaceAway
from shared.remote_json import read_json
from shared.settings import Settings
from shared.tokens import Service

READERS = ("SYNERGIST_SCHEDULING_READER_URL", "SYNERGIST_TREATMENT_READER_URL")
NEEDED = (*READERS, "SYNERGIST_ANCHOR_KEY", "SYNERGIST_ANCHOR_JWKS_URL", "SYNERGIST_SERVICE_KEY")
OTHER: Mapping[Service, Service] = {"scheduling": "treatment", "treatment": "scheduling"}
"""Which service keeps the anchors of which."""

BEAT_SECONDS = 5.0
TROUBLE = (PlaceAway, NotAnAnchor, OSError, DBAPIError)

log = structlog.get_logger()


def file_of(settings: Settings) -> AnchorFile:
    return AnchorFile(settings.anchors.file)


def keys_of(settings: Settings) -> PyJWKSet:
    """The public keys of anchors, earlier ones too. Raises NoDocument."""
    return PyJWKSet.from_dict(read_json(settings.anchors.jwks_url))


@contextmanager
def notaries(settings: Settings, beat: Callable[[], object] = lambda: None) -> Iterator[dict[Service, Notary]]:
    """A notary for each service."""
    urls: Mapping[Service, str] = {
        "scheduling": settings.address.scheduling_url,
        "treatment": settings.address.treatment_url,
    }
    logs = readers(settings)
    with ExitStack() as stack:
        made: dict[Service, Notary] = {}
        for service, other in OTHER.items():
            engine = make_engine(logs[service], size=1)
            stack.callback(engine.dispose)
            http = stack.enter_context(httpx.Client(base_url=urls[other], trust_env=False))
            made[service] = Notary(
                service=service,
                reader=engine,
                key=settings.anchors.key,
                keys=keys_of(settings),
                file=file_of(settings),
                place=OtherService(http, token_for(settings, other)),
                beat=beat,
            )
        yield made


def token_for(settings: Settings, service: Service) -> Callable[[], str]:
    return lambda: mint_service_token(settings.auth.service_key, subject="anchors", to=service)


def run() -> None:
    """Sign until told to stop."""
    settings = Settings.read(os.environ, need=NEEDED)
    pace = settings.anchors.seconds
    with background(settings, "anchors", {}) as process, notaries(settings, process.heartbeat.beat) as made:
        while not process.stop.is_set():
            for notary in made.values():
                sign(notary)
            rest(process.stop, process.heartbeat.beat, pace)


def sign(notary: Notary) -> None:
    try:
        notary.round()
    except TROUBLE as error:
        log.warning("anchors_wait", service=notary.service, error=described(error))


def rest(stop: threading.Event, beat: Callable[[], object], seconds: float) -> None:
    while seconds > 0 and not stop.is_set():
        beat()
        stop.wait(min(seconds, BEAT_SECONDS))
        seconds -= BEAT_SECONDS


def evidence(settings: Settings, service: Service) -> Evidence:
    """What was signed of a service's logs, out of the file and the other service's database. Raises NoDocument."""
    engine = make_engine(readers(settings)[OTHER[service]], size=1)
    kept = anchors_kept(engine, service)
    engine.dispose()
    in_file = list(file_of(settings).newest_first())[::-1]
    return gathered(service, in_file, kept, keys_of(settings))


def readers(settings: Settings) -> dict[Service, str]:
    return {"scheduling": settings.scheduling.reader, "treatment": settings.treatment.reader}


@click.group("anchors")
def group() -> None:
    """Signed heads of both services' logs, against which `verify` holds them."""


@group.command("run")
def run_command() -> None:
    """Sign the heads every few minutes, and bring them to the file and to the other service."""
    run()


@group.command("restart")
@click.option("--service", required=True, type=click.Choice(list(OTHER)))
@click.option("--reason", required=True, help="What `verify` will tell everybody from now on.")
def restart_command(service: Service, reason: str) -> None:
    """Sign what a service's logs end with although they do not follow from the last anchor, as after a restore."""
    settings = Settings.read(os.environ, need=NEEDED)
    configure(settings.environment, settings.log_level, "anchors restart")
    with notaries(settings) as made:
        try:
            anchor = made[service].restart(reason)
        except (PlaceAway, NotAnAnchor, OSError) as error:
            raise click.ClickException(f"{type(error).__name__}: {error}") from error
    click.echo(f"{service}: anchor {anchor.number} begins anew.")
