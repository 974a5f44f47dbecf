"""No operation of scope `record` answers before it has asked whether the client's record is open to its caller.

The service brings the gate that knows (`Parts.gate`). Whatever it lets pass is recorded in the access log with the
purpose that goes with its basis, and every answer names the basis, so that a broken glass cannot be overlooked.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, get_args
from uuid import UUID

from flask import Flask, Response
from marshmallow import Schema, fields, validate

from shared.access import Basis, BasisKind, Purpose
from shared.auth import Caller, NoBasis
from shared.decider import Gone, NotThere
from shared.event_store import Transaction
from shared.http.permissions import Operation, Permissions, keys_of

HEADER = "Synergist-Access"
ATTRIBUTE = "answers_as"
"""The attribute of a view function that holds the schema of its answers."""

PURPOSES: Mapping[BasisKind, Purpose] = {
    "visit": "treatment",
    "awaited_visit": "treatment",
    "alert": "treatment",
    "cover": "covering",
    "break_glass": "break_glass",
}
"""From what needs the least explanation to what needs the most."""

Closed = Literal["unknown", "erased", "without_basis"]
Gate = Callable[[Caller, Transaction, datetime, Sequence[UUID]], Mapping[UUID, Basis | Closed]]
"""For each client the basis on which the record is open to the caller at that moment, or why it is closed."""


class Unasked(Exception):
    """It would have answered without asking whether the records that it is about are open, or a page who is there."""


class Unguarded(Exception):
    """Rows of scope `record` that cannot keep what that scope promises."""


@dataclass(slots=True)
class Asked:
    """Whether an operation has asked for records, and on what bases they were open to it."""

    done: bool = False
    bases: list[Basis] = field(default_factory=list)

    def add(self, bases: Sequence[Basis]) -> None:
        self.done = True
        self.bases += bases

    @property
    def gravest(self) -> Basis | None:
        """The basis that needs the most explanation, of those the longest."""
        order = list(get_args(BasisKind))
        return max(self.bases, key=lambda basis: (order.index(basis.kind), basis.until), default=None)

    @property
    def purpose(self) -> Purpose | None:
        """What for the records were opened."""
        return PURPOSES[self.gravest.kind] if self.gravest else None


class AccessSchema(Schema):
    """On what basis a clinical record is shown and until when; `id` is of the visit, alert, cover or glass."""

    basis = fields.String(required=True, attribute="kind", validate=validate.OneOf(get_args(BasisKind)))
    id = fields.UUID(required=True)
    until = fields.AwareDateTime(required=True, format="iso")


class RecordSchema(Schema):
    """What every answer to a question about clinical records begins with; null where it shows nobody's."""

    access = fields.Nested(AccessSchema, allow_none=True, dump_only=True)


def passed(verdict: Basis | Closed) -> Basis:
    """The basis; raises NotThere, Gone and NoBasis where the record is closed."""
    match verdict:
        case "unknown":
            raise NotThere
        case "erased":
            raise Gone
        case "without_basis":
            raise NoBasis
        case Basis():
            return verdict


def must_be_asked(asked: Asked, row: Operation) -> None:
    """Raises Unasked where the row is about records and none was asked for."""
    if row.scope == "record" and not asked.done:
        raise Unasked(row.rule)


def say_basis(schema: Schema, content: Any, basis: Basis | None) -> Any:
    """The answer's content with the basis in it, where its schema has a place for it."""
    if not isinstance(schema, RecordSchema):
        return content
    return content | {"access": AccessSchema().dump(basis) if basis else None}


def show_basis(response: Response, basis: Basis | None) -> None:
    """Name the basis in the answer's header."""
    if basis is not None:
        until = basis.until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        response.headers[HEADER] = f'{basis.kind}; until="{until}"'


def must_be_guarded(app: Flask, permissions: Permissions, gate: Gate | None) -> None:
    """Raise Unguarded naming rows of scope `record` that have no gate, are not `clinical`, or do not say the basis.

    Pages say it in words.
    """
    rules = [(key, app.view_functions[rule.endpoint]) for rule in app.url_map.iter_rules() for key in keys_of(rule)]
    rows = [(permissions.rows[key], view) for key, view in rules if permissions.rows[key].scope == "record"]
    faults = [f"{row.method} {row.rule} has no gate to ask" for row, _ in rows if gate is None]
    faults += [f"{row.method} {row.rule} does not read what is clinical" for row, _ in rows if row.reads != "clinical"]
    faults += [
        f"{row.method} {row.rule} does not answer with a RecordSchema"
        for row, view in rows
        if row.method == "GET" and row.kind == "staff" and not isinstance(getattr(view, ATTRIBUTE, None), RecordSchema)
    ]
    if faults:
        raise Unguarded(f"{app.name}: {'; '.join(sorted(faults))}")
