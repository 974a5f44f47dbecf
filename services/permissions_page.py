"""docs/permissions.md, made from the table of operations: `synergist permissions` prints it."""

from collections.abc import Iterable, Sequence
from itertools import chain

import click

from services.permissions.table import TABLE
from shared.auth import CHAIN_ADMIN, FRONT_DESK, MANAGER, THERAPIST, Role
from shared.http.permissions import OF_PEOPLE, Kind, Operation, Scope

ROLES: tuple[tuple[Role, str], ...] = (
    (THERAPIST, "Therapist"),
    (FRONT_DESK, "Front desk"),
    (MANAGER, "Manager"),
    (CHAIN_ADMIN, "Chain admin"),
)
SCOPES: dict[Scope, str] = {
    "chain": "yes",
    "listed": "left out",
    "hidden": "not there",
    "clinic": "no",
    "one_clinic": "no",
    "every_clinic": "no",
    "record": "by basis",
}
KINDS: dict[Kind, str] = {
    "staff": "a person's token",
    "service": "a token of our services",
    "session": "a session in a browser",
    "shift": "a session at a shared tablet",
    "tablet": "a shared tablet",
    "link": "a link",
    "signature": "a signature",
    "public": "nothing",
}
OPENING = """\
# Who may do what

Made from the table of operations (`services/permissions/table.py`) by `synergist permissions`. The guards read the same
table, and a service does not start with a route that is not in it.

A role holds at all clinics of its chain or at some. *Role at* says where it must hold; *Other clinic* what becomes of
things at a clinic where it does not: *yes*, they are open to it all the same; *left out*, the answer does not have
them; *not there*, 404; *no*, 403. A client is of their home clinic, and of each where a visit was ever booked for them;
about any client of the chain whoever has an id may ask ([ADR 33](adr/0033-browsing-by-clinic.md)). *By basis*: a
client's clinical record is open to those to whom a visit of their own, an alert, a cover or a broken glass opens it,
wherever that is, and 403 to all others ([ADR 32](adr/0032-access-to-records.md)). What belongs to another chain is not
there for anybody: 404. *Own*: what is their own alone, 403 for somebody else's. *Shows* is the most private kind of
personal data in the answer.

Pages of staff follow the same rules as the API. Whoever has no session, or one that is over, is asked to sign in; a
form that does not come from a page of the same session is 403; a page of a shared tablet is 404 in any other browser.
"""
HELD_AT: dict[Scope, str] = {
    "chain": "any",
    "listed": "any",
    "hidden": "each clinic concerned",
    "clinic": "each clinic concerned",
    "one_clinic": "one of the clinics concerned",
    "every_clinic": "all clinics",
    "record": "where the basis is",
}


def page() -> str:
    """The whole document, as Markdown."""
    return "\n".join([OPENING, *(section(title, rows) for title, rows in TABLE.items())])


def section(title: str, rows: Sequence[Operation]) -> str:
    of_people = [row for row in rows if row.kind in OF_PEOPLE]
    others = [row for row in rows if row.kind not in OF_PEOPLE]
    tables = [*([people_table(of_people)] if of_people else []), *([others_table(others)] if others else [])]
    return "\n".join([f"## {title}", "", *chain.from_iterable([*each, ""] for each in tables)])


def people_table(rows: Sequence[Operation]) -> list[str]:
    """What the staff may do; with the service and what they show where that is not always a token."""
    in_browsers = any(row.kind != "staff" for row in rows)
    more = ["Service", "The caller shows"] if in_browsers else []
    head = [*more, "Operation", *(name for _, name in ROLES), "Role at", "Other clinic", "Shows"]
    return table(head, [people_row(row, in_browsers=in_browsers) for row in rows])


def people_row(row: Operation, *, in_browsers: bool) -> list[str]:
    more = [row.service, KINDS[row.kind]] if in_browsers else []
    return [*more, route(row), *marks(row), HELD_AT[row.scope], SCOPES[row.scope], shows(row)]


def others_table(rows: Iterable[Operation]) -> list[str]:
    head = ["Service", "Operation", "The caller shows", "Shows"]
    return table(head, [[row.service, route(row), KINDS[row.kind], shows(row)] for row in rows])


def marks(row: Operation) -> list[str]:
    return ["-" if role not in row.roles else "own" if role in row.own else "yes" for role, _ in ROLES]


def route(row: Operation) -> str:
    return f"`{row.method} {row.rule}`"


def shows(row: Operation) -> str:
    return row.reads or "-"


def table(head: list[str], rows: Iterable[list[str]]) -> list[str]:
    return [line(head), line(["---"] * len(head)), *map(line, rows)]


def line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


@click.command("permissions")
def permissions_command() -> None:
    """Print who may do what, as in docs/permissions.md."""
    click.echo(page(), nl=False)
