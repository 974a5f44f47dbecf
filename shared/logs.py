"""Log lines are events with fields: JSON in production, readable in development, never contact details or secrets.

What libraries log through `logging` goes the same way. Context bound with `structlog.contextvars` (request and
correlation id) is on every line that follows.
"""

import logging
import re
import sys
from typing import Any, Final

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

from shared.settings import Environment

# A last defence: nothing should log these at all.
PRIVATE: Final = frozenset(
    {
        "address",
        "authorization",
        "body",
        "client_name",
        "cookie",
        "email",
        "first_name",
        "last_name",
        "link",
        "name",
        "note",
        "password",
        "phone",
        "reason_text",
        "secret",
        "text",
        "to",
        "token",
    }
)
HIDDEN = "[hidden]"
# The secret part of a client's link wherever it stands in a text, and a bearer token.
SECRETS: Final = re.compile(r"(?<=/[lc]/)[^\s/?\"'<>]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*")
NOISY = ("alembic", "amqp", "celery.app.trace", "celery.beat", "celery.worker.strategy", "httpcore", "httpx", "kombu")


def configure(environment: Environment, level: str, process: str) -> None:
    """Send all log lines to stderr, from `level` up, each with the name of this process (`scheduling relay`)."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_private,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=rendering(environment, process))
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in NOISY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def rendering(environment: Environment, process: str) -> list[Processor]:
    clean = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if environment == "production":
        named = structlog.processors.EventRenamer("message")
        return [
            clean,
            naming(process),
            structlog.processors.ExceptionRenderer(whereabouts),
            named,
            structlog.processors.JSONRenderer(),
        ]
    colours = sys.stderr.isatty()
    return [clean, structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=structlog.dev.plain_traceback)]


def naming(process: str) -> Processor:
    def add_process(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
        line["process"] = process
        return line

    return add_process


TRACES = ExceptionDictTransformer(show_locals=False)


def whereabouts(exc_info: ExcInfo) -> list[dict[str, Any]]:
    """Where an error came from: neither its message nor the values at hand, either of which may be about a person."""
    return [{name: trace[name] for name in ("exc_type", "is_cause", "frames")} for trace in TRACES(exc_info)]


def hide_private(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    for key in PRIVATE.intersection(line):
        line[key] = HIDDEN
    for key, value in line.items():
        if isinstance(value, str):
            line[key] = SECRETS.sub(HIDDEN, value)
    return line
