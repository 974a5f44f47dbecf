"""The frame of a service's web process: request ids, size limits, problem documents, OpenAPI, health and metrics."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from http import HTTPStatus
from threading import RLock
from typing import Any

import structlog
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask, Response, g, request
from flask_smorest import Api
from prometheus_client import Counter
from werkzeug.middleware.proxy_fix import ProxyFix

from shared.health import database_answers, health_blueprint
from shared.http import problems
from shared.http.docs import add_docs
from shared.http.headers import secure
from shared.http.limits import say_standings
from shared.http.operations import EXTENSION, Operations, Parts
from shared.http.parsing import LARGEST_BODY, largest_body, must_be_small
from shared.http.permissions import Operation, Permissions, add_permissions
from shared.http.problems import MEDIA_TYPE, ProblemSchema
from shared.http.records import must_be_guarded
from shared.http.shown import must_say, said
from shared.ids import new_id

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
REQUESTS = Counter("synergist_http_requests_total", "Requests answered", ["service", "method", "status"])


class ServiceApi(Api):  # type: ignore[misc]
    """flask-smorest's Api, whose errors are problem documents, and whose own document is made when it is asked for.

    Making it takes most of the time in which an app is made, and few processes are ever asked.
    """

    ERROR_SCHEMA = ProblemSchema
    DEFAULT_ERROR_RESPONSE_NAME = None

    def __init__(self, app: Flask, **options: Any) -> None:
        self._writing = RLock()
        self._unwritten: list[Callable[[APISpec], None]] = []
        super().__init__(app, **options)

    @property
    def spec(self) -> APISpec:
        """The document with all that was described of it."""
        with self._writing:
            while self._unwritten:
                self._unwritten.pop(0)(self._spec)
        return self._spec

    @spec.setter
    def spec(self, spec: APISpec) -> None:
        self._spec = spec

    def describe(self, write: Callable[[APISpec], None]) -> None:
        """Have something written into the document, after what was described before."""
        self._unwritten.append(write)

    def register_blueprint(self, blueprint: Operations) -> None:
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blueprint.name] = self
        self._app.register_blueprint(blueprint)
        self.describe(partial(self._write, blueprint))

    def _write(self, blueprint: Operations, spec: APISpec) -> None:
        blueprint.register_views_in_doc(self, self._app, spec, name=blueprint.name, parameters=None)
        spec.tag({"name": blueprint.name, "description": blueprint.description})

    def _register_error_handlers(self) -> None:
        problems.register(self._app)

    def _register_responses(self) -> None:
        for status in HTTPStatus:
            response = {"description": status.phrase, "content": {MEDIA_TYPE: {"schema": ProblemSchema}}}
            self.spec.components.response(status.name, response, lazy=True)


def create_service_app(
    name: str,
    parts: Parts,
    table: Iterable[Operation],
    blueprints: Sequence[Operations],
    add_routes: Iterable[Callable[[Flask], None]] = (),
    *,
    public_url: str,
) -> Flask:
    """An app named `name` with the given blueprints and what else adds routes to it.

    `public_url`: where the world reaches it, whatever the proxies before it speak with it. Raises NotInTable unless its
    rows in the table of operations are its routes, Unmarked where answers show more of clients than their row says, and
    Unguarded where records have no guard.
    """
    app = Flask(f"synergist-{name}", static_folder=None)
    app.config.update(
        API_TITLE=f"Synergist {name}",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        OPENAPI_JSON_PATH="openapi.json",
        MAX_FORM_MEMORY_SIZE=LARGEST_BODY,
    )
    app.extensions[EXTENSION] = parts
    app.url_map.strict_slashes = False
    app.before_request(begin)
    behind_tls = public_url.startswith("https:")
    app.after_request(lambda response: end(name, response, behind_tls=behind_tls))
    api = ServiceApi(app, spec_kwargs={"marshmallow_plugin": MarshmallowPlugin(schema_name_resolver=schema_name)})
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    for blueprint in blueprints:
        api.register_blueprint(blueprint)
    add_docs(app, api)
    app.register_blueprint(health_blueprint({"database": database_answers(parts.database.engine)}))
    permissions = Permissions.of(name, table)
    add_permissions(app, permissions, add_routes)
    must_say(app, permissions)
    must_be_guarded(app, permissions, parts.gate)
    app.after_request(said)
    return app


def behind_proxies(app: Flask, proxies: int) -> Flask:
    """The app, which believes that many proxies of ours about the address of who calls, and nobody about anything else.

    Scheme and host are those of SYNERGIST_PUBLIC_URL, whatever a request says of them.
    """
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=0, x_host=0)  # type: ignore[method-assign]
    return app


def schema_name(schema: Any) -> str:
    """The name of a schema in the OpenAPI document."""
    made = schema if isinstance(schema, type) else type(schema)
    return made.__name__.removesuffix("Schema")


def begin() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else str(new_id())
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(correlation_id=g.request_id)
    request.max_content_length = largest_body() + 1  # one more, to know a body of unknown length that is longer
    must_be_small(request.content_length or 0)


def end(name: str, response: Response, *, behind_tls: bool) -> Response:
    response.headers["X-Request-ID"] = g.get("request_id", "")
    secure(response, behind_tls=behind_tls)
    say_standings(response)
    REQUESTS.labels(name, request.method, response.status_code).inc()
    return response
