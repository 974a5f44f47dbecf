"""`synergist report`: prints a report made now, from what the projector has read by now, and which periods are due."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import click
from sqlalchemy import Connection, text

from shared.database import make_engine
from shared.reports.document import Kind, Report, Scope, encode
from shared.reports.page import html
from shared.reports.periods import NoPeriod
from shared.reports.print import pdf
from shared.reports.spreadsheet import spreadsheet
from shared.reports.words import words_of
from shared.settings import Settings
from workers.reports.caseload import caseload_report
from workers.reports.due.rows import open_ones
from workers.reports.knowledge import as_of, read
from workers.reports.known.rules import period_known
from workers.reports.window import Window

NEEDED = ("SYNERGIST_WORKERS_DATABASE_URL",)
ENTER = text("SELECT enter_views()")
CHAIN_OF = text("SELECT chain_id FROM report_calendar WHERE kind = :kind AND key = :key LIMIT 1")
KNOWN_CHAIN = text("SELECT chain_id FROM report_events WHERE chain_id = CAST(:key AS uuid) LIMIT 1")


FORMS: dict[str, Callable[[Report, str], bytes]] = {
    "json": lambda report, _: encode(report),
    "csv": lambda report, _: spreadsheet(report),
    "pdf": lambda report, language: pdf(report, words_of(language), ""),
    "html": lambda report, language: html(report, words_of(language), "").encode(),
}


@click.group("report")
def report_group() -> None:
    """Reports, made from the facts of both services."""


@report_group.command("caseload")
@click.option("--therapist", type=click.UUID, help="Of a therapist,")
@click.option("--clinic", type=click.UUID, help="of a clinic,")
@click.option("--chain", type=click.UUID, help="or of a chain.")
@click.option("--period", required=True, help="A month, 2026-10, or a week, 2026-W41, on the chain's clock.")
@click.option("--as-of", "at", help="What was known at a moment, 2026-11-05T06:00:00Z; now, unless given.")
@click.option("--as", "form", type=click.Choice(list(FORMS)), default="json", help="The document, unless given.")
@click.option("--language", default="en", help="Of a page or PDF: en or de, or a locale such as de-AT.")
def caseload_command(
    *,
    therapist: UUID | None,
    clinic: UUID | None,
    chain: UUID | None,
    period: str,
    at: str | None,
    form: str,
    language: str,
) -> None:
    """Print the caseload report of one therapist, clinic or chain, whole and for whoever may see all of it."""
    given: dict[Kind, UUID | None] = {"therapist": therapist, "clinic": clinic, "chain": chain}
    chosen = [(kind, id_) for kind, id_ in given.items() if id_ is not None]
    if len(chosen) != 1:
        raise click.UsageError("Name one therapist, one clinic or one chain.")
    (kind, id_) = chosen[0]
    moment = datetime.now(UTC) if at is None else instant(at)
    engine = make_engine(Settings.read(os.environ, need=NEEDED).workers.api)
    try:
        with engine.begin() as connection:
            connection.execute(ENTER)
            report = report_of(connection, Scope(kind=kind, id=id_), period, moment)
    finally:
        engine.dispose()
    click.echo(FORMS[form](report, language))


@report_group.command("due")
def due_command() -> None:
    """List the periods that are to be closed: chain, period, moment, and how far each is."""
    engine = make_engine(Settings.read(os.environ, need=NEEDED).workers.api)
    try:
        with engine.begin() as connection:
            found = open_ones(connection)
    finally:
        engine.dispose()
    for due in found:
        of_all = "not counted yet" if due.reports is None else f"{due.made} of {due.reports} made"
        tried = f", tried {due.attempts} times, again at {due.next_at:%Y-%m-%dT%H:%MZ}" if due.attempts > 1 else ""
        closes = due.as_of_at.astimezone(UTC)
        click.echo(f"{due.chain_id} {due.period.name} as of {closes:%Y-%m-%dT%H:%MZ}: {due.state}, {of_all}{tried}")
    if not found:
        click.echo("No period is waiting to be closed.")


def report_of(connection: Connection, scope: Scope, period: str, at: datetime) -> Report:
    """The finished report. Raises click.UsageError for what does not exist."""
    chain_id = chain_of(connection, scope.kind, scope.id)
    if chain_id is None:
        raise click.UsageError(f"There is no {scope.kind} {scope.id}.")
    try:
        named = period_known(connection, chain_id, period, at)
    except NoPeriod as error:
        raise click.UsageError(f"{error} is no month, as 2026-10, and no week, as 2026-W41.") from error
    window = Window(chain_id, named, as_of(connection, chain_id, at))
    said(f"Reading what was known of the whole chain at {at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} ...")
    known = read(connection, window)
    said(f"Making the report of {scope.kind} {scope.id} ...")
    return caseload_report(known, scope)


def said(progress: str) -> None:
    """Beside the document, which may go into a file."""
    click.echo(progress, err=True)


def chain_of(connection: Connection, kind: Kind, id_: UUID) -> UUID | None:
    if kind == "chain":
        return connection.execute(KNOWN_CHAIN, {"key": id_}).scalar()
    return connection.execute(CHAIN_OF, {"kind": kind, "key": str(id_)}).scalar()


def instant(at: str) -> datetime:
    """Raises click.UsageError for what is none, or says no offset."""
    try:
        moment = datetime.fromisoformat(at)
    except ValueError as error:
        raise click.UsageError(f"{at} is no moment.") from error
    if moment.tzinfo is None:
        raise click.UsageError(f"{at} does not say on which clock: add Z, or an offset.")
    return moment
