"""One way to declare an operation: what it takes and answers, and the transaction it runs in.

A command runs once for each Idempotency-Key, its answer is stored with its effect; a query sees one chain and changes
nothing. Both know the caller, as the chain's staff stands in that transaction, before they look at the body; who may
call says the table of operations.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial, wraps
from typing import Any
from uuid import UUID

import msgspec
from flask import Response, current_app, g, request
from flask_smorest import Blueprint
from marshmallow import Schema
from sqlalchemy import Connection, Engine, Row

from shared import access_log
from shared.access import Access, Basis, Purpose
from shared.auth import Caller, Identity, NotAllowed, NotAuthenticated, SignInAgain
from shared.database import Database
from shared.decider import Refused
from shared.event_store import Metadata, Transaction
from shared.http.documentation import documentation, instance, needs_fields
from shared.http.files import File, FileResponse, FileSchema, made
from shared.http.idempotency import Earlier, key_given, repeatable
from shared.http.limits import RateLimits
from shared.http.parsing import JsonParser
from shared.http.permissions import Operation, admitted, operation
from shared.http.problems import Problem
from shared.http.records import ATTRIBUTE, Asked, Closed, Gate, must_be_asked, passed, say_basis, show_basis
from shared.http.shown import MARKS, Marks, Shown, Unsaid, access, clients_named
from shared.http.versions import version_seen
from shared.kept import opened
from shared.staff import caller_of
from shared.tokens import Tokens

EXTENSION = "synergist"


@dataclass(frozen=True, slots=True)
class Parts:
    """What operations need of their app."""

    database: Database
    tokens: Tokens
    limits: RateLimits
    engines: tuple[Engine, ...] = ()
    is_founded: Callable[[UUID], bool] = lambda _: True
    gate: Gate | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def close(self) -> None:
        """Give all connections back."""
        for engine in self.engines:
            engine.dispose()
        self.limits.counters.redis.close()


@dataclass(frozen=True, slots=True)
class Call:
    """One request: the caller in the roles that allow it, the chain and moment, and the version that was seen."""

    caller: Caller
    chain_id: UUID
    now: datetime
    connection: Connection
    if_match: int | None = None
    transaction: Transaction | None = None
    shown: Shown = field(default_factory=Shown)
    asked: Asked = field(default_factory=Asked)
    identity: Identity | None = None

    def must_be_recent(self) -> None:
        """Raise SignInAgain unless the caller has signed in within the last minutes."""
        if self.identity is None:
            raise SignInAgain
        self.identity.must_be_recent(self.now)

    def shows(self, *client_ids: UUID, purpose: Purpose | None = None) -> None:
        """Say whom the answer shows: needed where it holds no client's id itself."""
        self.shown.add(client_ids, purpose)

    def record(self, client_id: UUID, *, otherwise: Basis | None = None) -> Basis:
        """Open a client's clinical record to the caller, before any of it is read or changed; gives the basis.

        The answer shows the client. Raises NotThere, Gone and NoBasis. Operations of scope `record` must ask. With
        `otherwise` it is the operation that keeps within what that basis opens, where there is no other.
        """
        verdict = self.verdicts([client_id])[client_id]
        basis = otherwise if otherwise and verdict in {"unknown", "without_basis"} else passed(verdict)
        self.asked.add([basis])
        self.shows(client_id, purpose=self.asked.purpose)
        return basis

    def records(self, client_ids: Iterable[UUID]) -> dict[UUID, Basis]:
        """Those of the clients whose records are open to the caller, each with its basis: for lists across clients."""
        found = self.verdicts(list(client_ids))
        opened = {client_id: verdict for client_id, verdict in found.items() if isinstance(verdict, Basis)}
        self.asked.add(list(opened.values()))
        self.shows(*opened, purpose=self.asked.purpose)
        return opened

    def verdicts(self, client_ids: Sequence[UUID]) -> Mapping[UUID, Basis | Closed]:
        gate = parts().gate
        if gate is None:
            raise LookupError("this service has no gate of records")
        return gate(self.caller, self.tx, self.now, client_ids) if client_ids else {}

    def opened(self, rows: Sequence[Row[Any] | Mapping[str, Any]], **columns: str | None) -> list[dict[str, Any]]:
        """Rows of a read model, readable in these columns; each has what stands there for the forgotten."""
        return opened(self.connection, parts().database.sealer, self.chain_id, rows, columns)

    @property
    def tx(self) -> Transaction:
        """The command's transaction."""
        if self.transaction is None:
            raise LookupError("a query has no transaction to write in")
        return self.transaction


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route gives back: content for its schema, the version for the ETag, where the new thing is.

    With a `file` that is all there is. `is_known`: what should be made was there already, and the answer is 200.
    """

    content: Any
    version: int | None = None
    location: str | None = None
    file: File | None = None
    is_known: bool = False


Route = Callable[..., Answer]
Go = Callable[[], Response]
"""Goes on to read what was sent and to call the route; once again when another command was faster."""
Enter = Callable[[Identity, Operation, Go], Response]
"""Opens what a route runs in, finds out who calls, and goes on if they may."""


class Operations(Blueprint):  # type: ignore[misc]
    """A blueprint whose routes are commands and queries."""

    ARGUMENTS_PARSER = JsonParser()

    def command(
        self,
        method: str,
        path: str,
        answers: type[Schema] | Schema,
        *,
        body: type[Schema] | Schema | None = None,
        query: type[Schema] | None = None,
        status: int = 200,
        if_match: bool = False,
        may_be_known: bool = False,
        on_refusal: Callable[[Call, Refused], None] | None = None,
    ) -> Callable[[Route], Route]:
        """Declare a route that changes something; `if_match` makes the header compulsory.

        `may_be_known` says that what it makes may be there already.
        `on_refusal` may make of a refusal what helps the caller, once the command has let go of everything.
        """
        schema = instance(answers)
        marks = Marks.of(schema)

        def enter(identity: Identity, row: Operation, go: Go) -> Response:
            chain_id = chain_of(identity)

            def work(transaction: Transaction) -> Response:
                caller = permitted(transaction.connection, identity, row)
                transaction.metadata = metadata_of(caller)
                g.call = Call(
                    caller,
                    chain_id,
                    parts().clock(),
                    transaction.connection,
                    version_seen(),
                    transaction,
                    identity=identity,
                )
                return go()

            try:
                return parts().database.command(chain_id, arriving(identity), work)
            except Refused as refused:
                say_no(refused, on_refusal)
                raise

        def run(route: Route, *arguments: Any, **path_values: Any) -> Response:
            call: Call = g.call
            repeat = repeatable(call.tx, call.caller.subject, key_given())
            if repeat and (earlier := repeat.begin()):
                return again(call, earlier)
            if if_match and "If-Match" not in request.headers:
                raise Problem(428, "if_match_required", "Send If-Match with the version that you have read.")
            answer = route(call, *arguments, **path_values)
            must_have_asked(call)
            content = say_basis(schema, schema.dump(answer.content), call.asked.gravest)
            response = made(make_response(answer, content, 200 if answer.is_known else status))
            show_basis(response, call.asked.gravest)
            shown = clients_shown(call, marks, content)
            call.tx.shown = entry(call.caller, shown, call.shown.purpose)
            if repeat:
                repeat.finish(response, shown)
            return response

        return self.declare(
            method,
            path,
            enter,
            run,
            answers,
            status=status,
            body=body,
            query=query,
            if_match=if_match,
            may_be_known=may_be_known,
        )

    def query(
        self,
        path: str,
        answers: type[Schema] | Schema,
        *,
        query: type[Schema] | None = None,
    ) -> Callable[[Route], Route]:
        """Declare a route that only reads; whom its answer shows is recorded before it leaves."""
        schema = instance(answers)
        marks = Marks.of(schema)

        def enter(identity: Identity, row: Operation, go: Go) -> Response:
            chain_id = chain_of(identity)
            if row.scope == "record":
                return made(parts().database.command(chain_id, arriving(identity), partial(look, identity, row, go)))
            with parts().database.reading(chain_id) as connection:
                g.call = Call(permitted(connection, identity, row), chain_id, parts().clock(), connection)
                response = go()
            return made(response)

        def run(route: Route, *arguments: Any, **path_values: Any) -> Response:
            call: Call = g.call
            answer = route(call, *arguments, **path_values)
            must_have_asked(call)
            content = say_basis(schema, schema.dump(answer.content), call.asked.gravest)
            looked = entry(call.caller, clients_shown(call, marks, content), call.shown.purpose)
            if call.transaction is not None:
                call.transaction.shown = looked
            elif looked is not None:
                access_log.append(call.connection, call.chain_id, looked)
            response = make_response(answer, content, 200)
            show_basis(response, call.asked.gravest)
            return response

        return self.declare("GET", path, enter, run, answers, query=query)

    def service(
        self,
        method: str,
        path: str,
        answers: type[Schema] | Schema,
        *,
        body: type[Schema] | None = None,
        query: type[Schema] | None = None,
    ) -> Callable[[Route], Route]:
        """Declare a route for our own services: no chain, no transaction of its own, so it records whom it shows."""
        schema = instance(answers)

        def enter(identity: Identity, row: Operation, go: Go) -> Response:
            g.caller = identity.caller().among(row.roles)
            return go()

        def run(route: Route, *arguments: Any, **path_values: Any) -> Response:
            answer = route(*arguments, **path_values)
            return made(make_response(answer, schema.dump(answer.content), 200))

        return self.declare(method, path, enter, run, answers, body=body, query=query)

    def declare(
        self,
        method: str,
        path: str,
        enter: Enter,
        run: Callable[..., Response],
        answers: Any,
        *,
        status: int = 200,
        body: Any = None,
        query: Any = None,
        if_match: bool | None = None,
        may_be_known: bool = False,
    ) -> Callable[[Route], Route]:
        def decorate(route: Route) -> Route:
            @wraps(route)
            def inner(*arguments: Any, **path_values: Any) -> Response:
                return run(route, *arguments, **path_values)

            parsed = self.arguments(body, required=needs_fields(body))(inner) if body else inner
            parsed = self.arguments(query, location="query")(parsed) if query else parsed

            @wraps(parsed)
            def guarded(**path_values: Any) -> Response:
                return enter(authenticated(), operation(), partial(parsed, **path_values))

            kept = {"content_type": "application/octet-stream"} if answers is FileSchema else {}
            guarded = self.response(status, answers, **kept)(guarded)
            if may_be_known:
                guarded = self.alt_response(200, schema=answers, description="It was there already")(guarded)
            setattr(guarded, MARKS, Marks.of(instance(answers)))
            setattr(guarded, ATTRIBUTE, instance(answers))
            guarded = self.doc(**documentation(query, if_match=if_match))(guarded)
            self.route(path, methods=[method])(guarded)
            return route

        return decorate


def say_no(refused: Refused, on_refusal: Callable[[Call, Refused], None] | None) -> None:
    """Make of a refusal what its caller may hear, and record whom it tells of: the command itself has left nothing.

    A refusal that a record was looked at for tells of the record, whomever it names.
    """
    looked_at = g.call.shown.client_ids or set() if g.call.asked.done else set()
    if not on_refusal and not clients_named(refused) and not looked_at:
        return
    with parts().database.reading(g.call.chain_id) as connection:
        call = replace(g.call, connection=connection, transaction=None)
        if on_refusal:
            on_refusal(call, refused)
        looked = entry(call.caller, clients_named(refused) | looked_at, call.shown.purpose)
        if looked is not None:
            access_log.append(connection, call.chain_id, looked)


def look(identity: Identity, row: Operation, go: Go, transaction: Transaction) -> Response:
    """A query of records: its transaction can write, for the gate to note what it gives."""
    caller = permitted(transaction.connection, identity, row)
    transaction.metadata = metadata_of(caller)
    connection, chain_id = transaction.connection, transaction.chain_id
    g.call = Call(caller, chain_id, parts().clock(), connection, transaction=transaction)
    return go()


def again(call: Call, earlier: Earlier) -> Response:
    """The answer given before, to whoever may still have it: records that were closed meanwhile stay so."""
    if operation().scope == "record":
        for client_id in earlier.client_ids:
            call.record(client_id)
        must_have_asked(call)
    call.tx.shown = entry(call.caller, earlier.client_ids, call.shown.purpose)
    show_basis(earlier.response, call.asked.gravest)
    return earlier.response


def must_have_asked(call: Call) -> None:
    """Raises Unasked where an operation about records has not asked for one."""
    must_be_asked(call.asked, operation())


def parts() -> Parts:
    found: Parts = current_app.extensions[EXTENSION]
    return found


def authenticated() -> Identity:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotAuthenticated
    identity = parts().tokens.identity(token.strip())
    parts().limits.admit_person(identity)
    return identity


def permitted(connection: Connection, identity: Identity, row: Operation) -> Caller:
    """Whoever the identity stands for now, in the roles that the row names; raises NotAuthenticated, NotAllowed."""
    return admitted(caller_of(connection, identity), row)


def chain_of(identity: Identity) -> UUID:
    """The chain of a person; NotAllowed for a service, which has none, NotAuthenticated for one that nobody founded."""
    if identity.chain_id is None:
        raise NotAllowed
    if not parts().is_founded(identity.chain_id):
        raise NotAuthenticated
    return identity.chain_id


def arriving(identity: Identity) -> Metadata:
    """Whose transaction it is until the caller is known."""
    return Metadata(actor=identity.subject, role="", origin="api", correlation_id=g.request_id)


def metadata_of(caller: Caller) -> Metadata:
    return Metadata(actor=caller.subject, role=caller.role, origin="api", correlation_id=g.request_id)


def clients_shown(call: Call, marks: Marks, content: Any) -> set[UUID]:
    """Whom the answer shows; raises Unsaid where neither it nor its route says so."""
    said = call.shown.client_ids
    if said is None and operation().reads is not None and not marks.branches:
        raise Unsaid(operation().rule)
    return marks.clients_in(content) | (said or set())


def entry(caller: Caller, client_ids: Iterable[UUID], purpose: Purpose | None = None) -> Access | None:
    return access(client_ids, actor=caller.subject, role=caller.role, purpose=purpose)


def make_response(answer: Answer, content: Any, status: int) -> Response:
    if answer.file is not None:
        return FileResponse(answer.file, status)
    response = Response(msgspec.json.encode(content), status, content_type="application/json")
    if answer.version is not None:
        response.headers["ETag"] = f'"{answer.version}"'
    if answer.location is not None:
        response.headers["Location"] = answer.location
    return response
