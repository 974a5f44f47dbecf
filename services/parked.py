"""What an operator does about events that a consumer could not handle: look, and have them retried or left out."""

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click
from sqlalchemy import Engine

from shared import dead_letters
from shared.checkpoints import Track
from shared.database import make_engine
from shared.partitions import PARTITIONS
from shared.settings import Settings

CONSUMERS = {"treatment": "SYNERGIST_TREATMENT_DATABASE_URL", "workers": "SYNERGIST_WORKERS_DATABASE_URL"}
Mark = Callable[..., None]
Command = TypeVar("Command", bound=Callable[..., Any])


@contextmanager
def database_of(consumer: str) -> Iterator[Engine]:
    settings = Settings.read(os.environ, need=[CONSUMERS[consumer]])
    urls = {"treatment": settings.treatment.api, "workers": settings.workers.api}
    engine = make_engine(urls[consumer], size=1)
    try:
        yield engine
    finally:
        engine.dispose()


@click.group("dead-letters")
def group() -> None:
    """Events that a consumer could not handle: their streams wait for a decision, all others go on."""


@group.command("list")
def list_command() -> None:
    """Show what waits: consumer, source, partition and position, the event, how many wait behind it, and the error."""
    count = 0
    for consumer in CONSUMERS:
        with database_of(consumer) as engine, engine.connect() as connection:
            for letter in dead_letters.listed(connection):
                place = f"{letter.consumer} {letter.source} {letter.partition} {letter.position}"
                click.echo(f"{place}  {letter.name}  {letter.state}  +{letter.waiting}  {letter.error}")
                count += 1
    click.echo(f"{count or 'No'} dead letters.")


def place(command: Command) -> Command:
    """The four arguments that say which event: what `dead-letters list` shows first."""
    for argument in (
        click.argument("position", type=click.IntRange(1)),
        click.argument("partition", type=click.IntRange(0, PARTITIONS - 1)),
        click.argument("source"),
        click.argument("consumer", type=click.Choice(sorted(CONSUMERS))),
    ):
        command = argument(command)
    return command


@group.command("retry")
@place
def retry_command(consumer: str, source: str, partition: int, position: int) -> None:
    """Have the consumer try an event again, and then what waits behind it."""
    decide(dead_letters.retry, Track(consumer, source, partition), position)


@group.command("skip")
@place
def skip_command(consumer: str, source: str, partition: int, position: int) -> None:
    """Have the consumer leave an event out for good, and go on with what waits behind it."""
    decide(dead_letters.skip, Track(consumer, source, partition), position)


def decide(mark: Mark, track: Track, position: int) -> None:
    with database_of(track.consumer) as engine, engine.begin() as connection:
        try:
            mark(connection, track, position, getpass.getuser())
        except dead_letters.NoSuchLetter as error:
            raise click.ClickException(f"{error.__doc__} `synergist dead-letters list` shows what waits.") from error
    click.echo("Marked; the consumer takes it from here.")
