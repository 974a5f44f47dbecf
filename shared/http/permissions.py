"""The one table of operations: guards ask it, and no app starts with a route that is not in it.

A row says who may call a route, how clinics limit that, and what its answer shows of people.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from flask import Flask, current_app, request
from werkzeug.routing import Rule

from shared.access import DataClass
from shared.auth import Caller, Role

Scope = Literal["chain", "listed", "hidden", "clinic", "one_clinic", "every_clinic", "record"]
"""How the clinics of a role limit it.

`chain`: not at all. `listed`: the answer leaves out what is at other clinics. `hidden`: what is at other clinics is not
there, as if nobody knew it. `clinic`: the role must hold at each
clinic that it is about, `one_clinic`: at one of them, `every_clinic`: at all clinics of the chain.

`record`: it is about a client's clinical record, which a basis must open (shared.http.records); without one it is 403.
"""

Kind = Literal["staff", "service", "session", "shift", "tablet", "link", "signature", "public"]
"""What a caller shows: a person's token, a service's, a session in a browser, one at a shared tablet, that the browser
is a shared tablet, a link, a signature, or nothing."""

OF_PEOPLE: frozenset[Kind] = frozenset({"staff", "session", "shift"})
"""What the chains' staff show, in whose roles a row says who may call."""

EXTENSION = "synergist-permissions"
AUTOMATIC = frozenset({"HEAD", "OPTIONS"})
"""Flask answers these for every GET and every route."""


class NotInTable(Exception):
    """Routes and the table of operations are not the same."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One row: `rule` is the route as Flask writes it; `reads` is the most private class that an answer shows.

    `own`: the roles that may do it to what is their own alone; the route sees to it.
    """

    service: str
    method: str
    rule: str
    roles: tuple[Role, ...] = ()
    scope: Scope = "chain"
    reads: DataClass | None = None
    kind: Kind = "staff"
    own: tuple[Role, ...] = ()


Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Permissions:
    """The rows of one service, by method and rule."""

    rows: dict[Key, Operation]

    @classmethod
    def of(cls, service: str, table: Iterable[Operation]) -> "Permissions":
        """Raises NotInTable when two rows are about one route."""
        rows = [row for row in table if row.service == service]
        found = {(row.method, row.rule): row for row in rows}
        if len(found) < len(rows):
            raise NotInTable(f"{service}: a route has two rows in the table of operations")
        return cls(found)

    def must_cover(self, app: Flask) -> None:
        """Raise NotInTable naming all routes without a row, and all rows without a route."""
        routes = {key for rule in app.url_map.iter_rules() for key in keys_of(rule)}
        faults = [f"{method} {rule} has no row" for method, rule in sorted(routes - self.rows.keys())]
        faults += [f"{method} {rule} has no route" for method, rule in sorted(self.rows.keys() - routes)]
        if faults:
            raise NotInTable(f"{app.name}: {'; '.join(faults)}")


def keys_of(rule: Rule) -> set[Key]:
    return {(method, rule.rule) for method in (rule.methods or set()) - AUTOMATIC}


def add_permissions(app: Flask, permissions: Permissions, add_routes: Iterable[Callable[[Flask], None]]) -> None:
    """Let `operation` find the rows, add the last routes, and see that every route of the app has its row."""
    app.extensions[EXTENSION] = permissions
    for add in add_routes:
        add(app)
    permissions.must_cover(app)


def operation() -> Operation:
    """The row of the current request, which has a route; raises NotInTable."""
    rule = request.url_rule.rule if request.url_rule else request.path
    return row_of("GET" if request.method == "HEAD" else request.method, rule)


def admitted(caller: Caller, row: Operation) -> Caller:
    """The caller in the roles that the row names, for whichever kind of page or API; raises NotAllowed."""
    allowed = caller.among(row.roles)
    if row.scope == "every_clinic":
        allowed.must_act_everywhere()
    return allowed


def row_of(method: str, rule: str) -> Operation:
    """The row of any route of the app; raises NotInTable."""
    permissions: Permissions = current_app.extensions[EXTENSION]
    try:
        return permissions.rows[method, rule]
    except KeyError:
        raise NotInTable(f"{method} {rule}") from None
