"""Says whether the logs of both services are whole, held against all that was signed of them, and where not."""

import os
from collections.abc import Mapping

import click

from services.anchoring import OTHER, READERS, evidence, readers
from shared.anchors import since_restart, witnesses
from shared.database import make_engine
from shared.evidence import Evidence
from shared.heads import LogName
from shared.remote_json import NoDocument
from shared.settings import Settings
from shared.tokens import Service
from shared.verify import Report, verify

NEEDED = (*READERS, "SYNERGIST_ANCHOR_JWKS_URL")
LOG: Mapping[LogName, str] = {"events": "events", "access": "access log"}


@click.command("verify")
def verify_command() -> None:
    """Walk the logs of both services and name what was altered, removed, inserted, rewritten or cut off."""
    settings = Settings.read(os.environ, need=NEEDED)
    whole = [is_whole(settings, service) for service in OTHER]
    if not all(whole):
        raise click.exceptions.Exit(1)


def is_whole(settings: Settings, service: Service) -> bool:
    """Say what was found in a service's logs; a ClickException when the public keys cannot be read."""
    try:
        signed = evidence(settings, service)  # read first: what is signed later may be ahead of what is walked
    except NoDocument as error:
        raise click.ClickException(str(error)) from error
    engine = make_engine(readers(settings)[service], size=1)
    report = verify(engine, witnesses(signed.anchors))
    engine.dispose()
    tell(service, signed, report)
    return not (report.faults or signed.faults)


def tell(service: Service, signed: Evidence, report: Report) -> None:
    for fault in report.faults:
        place = f"{LOG[fault.log]}, partition {fault.partition}, position {fault.position}"
        click.echo(f"{service}: {place}: {fault.kind}: {fault.message}", err=True)
    for sentence in signed.faults:
        click.echo(f"{service}: anchors: {sentence}", err=True)
    if not report.faults:
        rows = f"{report.events} events and {report.accesses} entries of the access log"
        click.echo(f"{service}: {rows}, every hash, version and position in order.")
    click.echo(f"{service}: {held_against(signed)}.")


def held_against(signed: Evidence) -> str:
    counting = since_restart(signed.anchors)
    if not counting:
        return "nothing was signed yet, so a tail that was cut off or rewritten would not show"
    first, last = counting[0], counting[-1]
    told = f"held against {len(counting)} anchors, the last of {last.taken_at:%Y-%m-%d %H:%M} UTC"
    if first.restarted is None:
        return told
    return f"{told}; those before {first.taken_at:%Y-%m-%d %H:%M} UTC no longer count: {first.restarted}"
