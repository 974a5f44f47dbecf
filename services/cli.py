"""The `synergist` command. A part's commands are imported only when wanted: a broken part leaves the rest usable."""

import os
import signal
import threading
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import cast

import click
import psycopg
import redis
from sqlalchemy.exc import OperationalError

from services import local_environment as local
from shared.embedded import ServerUnavailable
from shared.settings import Settings, SettingsFaulty
from shared.variables import PREFIX

FOLDER = f"{PREFIX}FOLDER"
OPERATING = {
    "chain": "services.operating:chain_group",
    "scan": "services.scanning.command:scan_command",
    "token": "services.operating:token_command",
    "verify": "services.verifying:verify_command",
    "dead-letters": "services.parked:group",
    "keys": "services.keeping:keys_group",
    "permissions": "services.permissions_page:permissions_command",
    "rebuild": "services.repairing:rebuild_command",
    "anchors": "services.anchoring:group",
    "relay": "services.repairing:relay_group",
    "report": "workers.reports.command:report_group",
    "zones": "services.zoning:zones_group",
}
UNREACHABLE = (psycopg.OperationalError, OperationalError, redis.ConnectionError)


class Part(click.Group):
    """The commands of one part, in `module`:`group`."""

    def __init__(self, name: str, module: str, summary: str) -> None:
        super().__init__(name, help=summary)
        self.module = module

    @cached_property
    def real(self) -> click.Group:
        return cast(click.Group, import_module(self.module).group)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return self.real.list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return self.real.get_command(ctx, cmd_name)


class Commands(click.Group):
    """Says what a person can do about it, instead of a traceback, when settings or servers are the trouble."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *OPERATING})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in OPERATING:
            return super().get_command(ctx, cmd_name)
        module, _, name = OPERATING[cmd_name].partition(":")
        return cast(click.Command, getattr(import_module(module), name))

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (SettingsFaulty, ServerUnavailable) as error:
            raise click.ClickException(str(error)) from error
        except UNREACHABLE as error:
            raise click.ClickException(f"A server cannot be reached. Is `make up` running?\n{error}") from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Scheduling, treatment and messages for chains of clinics."""
    if ctx.invoked_subcommand not in {"up", "reset"}:
        running = local.read(local_folder())
        os.environ.update({name: value for name, value in running.items() if name not in os.environ})


def local_folder() -> Path:
    return Path(os.environ.get(FOLDER, ".synergist")).absolute()


cli.add_command(Part("scheduling", "services.scheduling.cli", "The scheduling service: its API and its relay."))
cli.add_command(Part("treatment", "services.treatment.cli", "The treatment service: its API, relay and consumer."))
cli.add_command(Part("workers", "workers.cli", "Messages: the projector, the sender and the clock."))


@cli.command()
@click.option("--demo/--no-demo", default=True, help="Load a chain to look at, on the first start.")
def up(*, demo: bool) -> None:
    """Run a whole system on this machine until Ctrl-C."""
    from services.up import up as run_up  # noqa: PLC0415 - the embedded servers are not installed in production

    run_up(os.environ, demo=demo)


@cli.command()
def reset() -> None:
    """Forget all local data: ends what still runs in this folder, and deletes it."""
    from services.local_servers import forget_everything  # noqa: PLC0415 - as above

    folder = local_folder()
    forget_everything(folder)
    click.echo(f"{folder} is gone.")


@cli.command()
def migrate() -> None:
    """Bring all databases up to date (roles and databases too, when SYNERGIST_POSTGRES_URL is given)."""
    from services.migrating import NEEDED, migrate as migrate_all  # noqa: PLC0415 - imports every part

    migrate_all(Settings.read(os.environ, need=NEEDED))
    click.echo("All databases are up to date.")


@cli.command()
def mailbox() -> None:
    """Run the local mailbox: it takes e-mail and SMS, delivers none, and shows all of them."""
    from shared.embedded.mailbox import Answers, Imap, Mailbox, SmsAccount  # noqa: PLC0415 - not installed in production

    settings = Settings.read(os.environ)
    account = SmsAccount(settings.sms.account, settings.sms.token) if settings.sms else SmsAccount("AC0", "none")
    address = settings.address
    answers = Answers(settings.replies.address, f"{address.public_url}/hooks/sms/inbound", account.token)
    box = Mailbox(settings.folder / "mailbox.jsonl", address.mailbox_port, address.mailbox_smtp_port, account, answers)
    if settings.imap is not None:
        box.imap = Imap(address.mailbox_imap_port, settings.imap.user, settings.imap.password, answers.folders)
    stopping = until_told_to_stop()
    box.start()
    stopping.wait()
    box.stop()


@cli.command()
def issuer() -> None:
    """Run the local issuer: a stand-in for an identity provider, with invented people."""
    from services.local_issuer import NEEDED, local_issuer  # noqa: PLC0415 - not installed in production

    running = local_issuer(Settings.read(os.environ, need=NEEDED))
    stopping = until_told_to_stop()
    running.start()
    stopping.wait()
    running.stop()


def until_told_to_stop() -> threading.Event:
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    return stopping


def main() -> None:
    cli(prog_name="synergist")


if __name__ == "__main__":
    main()
