"""The processes of the workers."""

import click


@click.group("workers")
def group() -> None:
    """Messages to clients: planned from events, sent when they are due."""


@group.command()
def project() -> None:
    """Turn scheduling's events into due messages."""
    from workers.projector import run  # noqa: PLC0415 - each process imports what it runs

    run()


@group.command()
@click.option("--concurrency", type=click.IntRange(1, 64), default=2, show_default=True, help="Sending processes.")
def send(concurrency: int) -> None:
    """Send what is due (a Celery worker)."""
    from workers.sender import run  # noqa: PLC0415 - as above

    run(concurrency)


@group.command()
@click.option("--concurrency", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
def report(concurrency: int) -> None:
    """Make reports that are wanted, and close periods (a Celery worker)."""
    from workers.reporter import run  # noqa: PLC0415 - as above

    run(concurrency)


@group.command()
def beat() -> None:
    """Tick: say every few seconds that messages may be due (Celery's beat)."""
    from workers.ticker import run  # noqa: PLC0415 - as above

    run()
