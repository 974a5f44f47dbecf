"""What an operator does when derived data are wrong: make read models anew, or have a stream of Redis filled again."""

import os
from importlib import import_module
from typing import Any

import click

from services.migrating import READ_MODELS
from shared import relay
from shared.feed import FeedUnavailable
from shared.logs import configure
from shared.partitions import PARTITIONS
from shared.rebuild import LogContradictory, RebuildRunning, SwapRefused, rebuild
from shared.settings import Settings

REFUSALS = (RebuildRunning, LogContradictory, SwapRefused, FeedUnavailable)


@click.command("rebuild")
@click.argument("part", type=click.Choice(sorted(READ_MODELS)), required=False)
def rebuild_command(part: str | None) -> None:
    """Make the read models of PART (or of all parts) anew from the log, while it runs; nothing is sent again."""
    for name in [part] if part else READ_MODELS:
        module: Any = import_module(READ_MODELS[name])
        settings = Settings.read(os.environ, need=module.NEEDED)
        configure(settings.environment, settings.log_level, f"{name} rebuild")
        try:
            rebuilt = rebuild(module.read_models(settings, module.logs(settings)))
        except REFUSALS as refusal:
            raise click.ClickException(f"{name}: {str(refusal) or refusal.__doc__}") from refusal
        taken_up = ", taken up where an earlier one ended" if rebuilt.resumed else ""
        click.echo(f"{name}: {rebuilt.events} events into {rebuilt.schema}{taken_up}; now in use.")


@click.group("relay")
def relay_group() -> None:
    """The streams in Redis, which carry the log from one service to the others."""


@relay_group.command("reset")
@click.option("--service", type=click.Choice(["scheduling", "treatment"]), required=True)
@click.option("--partition", type=click.IntRange(0, PARTITIONS - 1), required=True)
def reset_command(service: str, partition: int) -> None:
    """Forget one stream, for when Redis is ahead of a log that was restored; the relay fills it again from the log."""
    settings = Settings.read(os.environ, need=["SYNERGIST_REDIS_URL"])
    relay.reset(settings.redis.url, service, partition)
    click.echo(f"The stream of {service}, partition {partition}, is gone; its relay fills it again.")
