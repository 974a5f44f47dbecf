"""`make bench`: start a system of its own, measure it part by part, and print medians and ratios."""

import click

from bench import bookings, disruption, record, reports, trust
from bench.system import running
from shared.settings import Settings


@click.group(chain=True, invoke_without_command=True)
@click.option("--web-workers", default=2, show_default=True, help="Web processes of each service.")
@click.pass_context
def bench(context: click.Context, web_workers: int) -> None:
    """Measure all parts, or those that are named, on a system that is started for it and then forgotten."""
    context.obj = context.with_resource(running(web_workers))
    if context.invoked_subcommand is None:
        for part in (book, trusted, long_record, disrupted, caseloads):
            click.echo(f"\n{part.name}")
            context.invoke(part)


@bench.command("bookings")
@click.option("--rounds", default=5, show_default=True)
@click.option("--chains", default=16, show_default=True)
@click.pass_obj
def book(settings: Settings, rounds: int, chains: int) -> None:
    """Bookings over HTTP, against the bare statements of one."""
    bookings.measure(settings, rounds, chains=chains)


@bench.command("trust")
@click.option("--rounds", default=7, show_default=True)
@click.option("--one-chain", is_flag=True, help="All threads at one chain, whose looks wait for each other.")
@click.pass_obj
def trusted(settings: Settings, rounds: int, *, one_chain: bool) -> None:
    """Sealing and the access log, against neither."""
    trust.measure(settings, rounds, one_chain=one_chain)


@bench.command("record")
@click.option("--rounds", default=15, show_default=True)
@click.option("--sessions", default=200, show_default=True)
@click.pass_obj
def long_record(settings: Settings, rounds: int, sessions: int) -> None:
    """Reading the record of one client with many sessions."""
    record.measure(settings, rounds, sessions=sessions)


@bench.command("disruption")
@click.option("--rounds", default=5, show_default=True)
@click.option("--visits", default=1990, show_default=True)
@click.pass_obj
def disrupted(settings: Settings, rounds: int, visits: int) -> None:
    """Closing a clinic with many visits, and opening it again."""
    disruption.measure(settings, rounds, visits=visits)


@bench.command("reports")
@click.option("--rounds", default=5, show_default=True)
@click.option("--therapists", default=1000, show_default=True)
@click.option("--clinics", default=100, show_default=True)
@click.option("--clients", default=10_000, show_default=True, help="Each is about a hundred events.")
@click.pass_obj
def caseloads(settings: Settings, rounds: int, therapists: int, clinics: int, clients: int) -> None:
    """Caseload reports of all therapists of a large chain for a month, against the same numbers in one statement."""
    reports.measure(settings, rounds, therapists=therapists, clinics=clinics, clients=clients)


if __name__ == "__main__":
    bench()
