"""Whom an answer shows: taken out of the answer itself by the marks of its schema, or said by the route.

Every operation whose answers may show personal data says so in the table of operations (`reads`); it is caught at start
when it does not, and when it runs without saying whom it showed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, get_args
from uuid import UUID

from flask import Flask, Response, g, request
from marshmallow import Schema, fields
from sqlalchemy import Connection

from shared import access_log
from shared.access import Access, DataClass, Purpose, in_order
from shared.decider import Refused
from shared.http.fields import PERSONAL, ClientId
from shared.http.permissions import Operation, Permissions, keys_of, operation
from shared.http.problems import ProblemSchema

MARKS = "shows"
"""The attribute of a view function that holds the marks of its answers."""

CLASSES = get_args(DataClass)
"""From what is least private to what is most."""

Branches = Mapping[str, "Branches | None"]
"""Where an answer holds ids of clients, by key; None is an id or a list of ids."""


class Unsaid(Exception):
    """The operation shows personal data, and has not said whose."""


class Unmarked(Exception):
    """The table of operations does not say that these answers show personal data."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What a schema shows: the most private class, and where the clients' ids are."""

    data_class: DataClass | None
    branches: Branches

    @classmethod
    def of(cls, schema: Schema) -> "Marks":
        classes, branches = marked(schema, ())
        return cls(max(classes, key=CLASSES.index, default=None), branches)

    def clients_in(self, content: Any) -> set[UUID]:
        """The clients whose ids an answer holds."""
        return set(ids_in(content, self.branches))


@dataclass(slots=True)
class Shown:
    """Whom an answer shows, as far as its route has said, and what for; None before it has said it."""

    client_ids: set[UUID] | None = None
    purpose: Purpose | None = None

    def add(self, client_ids: Iterable[UUID], purpose: Purpose | None = None) -> None:
        self.client_ids = (self.client_ids or set()) | set(client_ids)
        self.purpose = purpose or self.purpose


def access(client_ids: Iterable[UUID], *, actor: str, role: str, purpose: Purpose | None = None) -> Access | None:
    """The entry about the answer to the present request; None when it shows nobody. Raises Unmarked."""
    row, ids = operation(), in_order(client_ids)
    g.said = True
    if not ids:
        return None
    if row.reads is None:
        raise Unmarked(f"{row.method} {row.rule}")
    return Access(
        actor=actor,
        role=role,
        purpose=purpose or ("treatment" if row.reads == "clinical" else "administration"),
        operation=f"{row.method} {row.rule}",
        data_class=row.reads,
        client_ids=ids,
        correlation_id=g.request_id,
    )


def record(
    connection: Connection, chain_id: UUID, client_ids: Iterable[UUID], *, actor: str, role: str, purpose: Purpose
) -> None:
    """Record that the answer to the present request shows these clients; nothing may follow in this transaction."""
    entry = access(client_ids, actor=actor, role=role, purpose=purpose)
    if entry is not None:
        access_log.append(connection, chain_id, entry)


def said(response: Response) -> Response:
    """Let no answer out whose operation shows personal data and has not said whose. Raises Unsaid."""
    if response.status_code < HTTPStatus.BAD_REQUEST and request.url_rule is not None and request.method != "OPTIONS":
        row = operation()
        if row.reads is not None and "said" not in g:
            raise Unsaid(f"{row.method} {row.rule}")
    return response


def marked(schema: Schema, within: tuple[type[Schema], ...]) -> tuple[set[DataClass], Branches]:
    """The classes of a schema's marked fields and the branches to clients' ids; a schema within itself is left out."""
    classes: set[DataClass] = set()
    branches: dict[str, Branches | None] = {}
    for name, each in schema.dump_fields.items():
        inner = each.inner if isinstance(each, fields.List) else each
        if PERSONAL in inner.metadata:
            classes.add(inner.metadata[PERSONAL])
        if isinstance(inner, ClientId):
            branches[each.data_key or name] = None
        elif isinstance(inner, fields.Nested) and type(inner.schema) not in within:
            below, deeper = marked(inner.schema, (*within, type(schema)))
            classes |= below
            if deeper:
                branches[each.data_key or name] = deeper
    return classes, branches


def ids_in(content: Any, branches: Branches | None) -> Iterable[UUID]:
    for item in content if isinstance(content, list) else [content]:
        if branches is None:
            if item is not None:
                yield item if isinstance(item, UUID) else UUID(item)
        elif item:
            for key, deeper in branches.items():
                yield from ids_in(item.get(key), deeper)


def must_say(app: Flask, permissions: Permissions) -> None:
    """Raise Unmarked naming all routes whose answers show more than their rows say."""
    faults = [
        f"{method} {rule.rule} shows {marks.data_class}"
        for rule in app.url_map.iter_rules()
        if (marks := getattr(app.view_functions[rule.endpoint], MARKS, None)) is not None
        for method, path in sorted(keys_of(rule))
        if not says(permissions.rows[method, path], marks.data_class)
    ]
    if faults:
        raise Unmarked(f"{app.name}: {'; '.join(faults)}")


def says(row: Operation, shows: DataClass | None) -> bool:
    return shows is None or (row.reads is not None and CLASSES.index(row.reads) >= CLASSES.index(shows))


REFUSALS = Marks.of(ProblemSchema())


def clients_named(refused: Refused) -> set[UUID]:
    """The clients whose ids a refusal tells."""
    return REFUSALS.clients_in(refused.details)
