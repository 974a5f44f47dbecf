"""Log lines: one form for all, context on each, nothing private on any."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from shared.logs import HIDDEN, configure
from shared.settings import Environment


@pytest.fixture(autouse=True)
def undo() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def start(environment: Environment = "production", level: str = "info") -> structlog.stdlib.BoundLogger:
    configure(environment, level, "scheduling relay")
    return structlog.stdlib.get_logger("test")


def test_a_line_in_production_is_json_with_its_context(capsys: pytest.CaptureFixture[str]) -> None:
    log = start()
    structlog.contextvars.bind_contextvars(request_id="r-1")
    log.info("appointment_booked", appointment_id="a-1")
    [line] = lines(capsys)
    assert line["message"] == "appointment_booked"
    assert (line["process"], line["level"], line["request_id"]) == ("scheduling relay", "info", "r-1")
    assert str(line["timestamp"]).endswith("Z")


def test_lines_of_libraries_take_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    start()
    logging.getLogger("some.library").warning("lost %s", "connection", extra={"attempt": 2})
    [line] = lines(capsys)
    assert (line["message"], line["level"], line["attempt"]) == ("lost connection", "warning", 2)


def test_private_fields_are_hidden_whoever_logs_them(capsys: pytest.CaptureFixture[str]) -> None:
    log = start()
    log.info("sent", email="someone@demo.example", phone="+1555", token="abc")
    logging.getLogger("some.library").error("bad", extra={"password": "abc"})
    first, second = lines(capsys)
    assert [first["email"], first["phone"], first["token"], second["password"]] == [HIDDEN] * 4


def test_an_error_carries_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    log = start()
    try:
        _ = 1 // 0
    except ZeroDivisionError:
        log.exception("failed")
    [line] = lines(capsys)
    assert "ZeroDivisionError" in json.dumps(line["exception"])


def test_an_error_is_told_without_its_words_and_without_what_was_at_hand(capsys: pytest.CaptureFixture[str]) -> None:
    log = start()
    client_name = "Ada Demo-Client"

    def read() -> None:
        raise ExceptionGroup("several", [ValueError(f"{client_name} cannot be read"), KeyError(client_name)])

    try:
        read()
    except ExceptionGroup:
        log.exception("failed")
    said = capsys.readouterr().err
    assert "test_logs.py" in said
    assert client_name not in said


@pytest.mark.parametrize("before", ["", "GET ", "https://visits.demo.example", "'", "/v1"])
def test_the_key_of_a_link_and_a_token_are_hidden_wherever_they_stand(
    capsys: pytest.CaptureFixture[str], before: str
) -> None:
    log = start()
    log.info(
        "asked", path=f"{before}/l/AZ-Zx9.hunter2/move?from=1", said="Bearer eyJhbGciOiJFZERTQSJ9.eyJzdWIi.sig-hunter2"
    )
    logging.getLogger("some.library").warning("%s failed", f"{before}/c/AZ-Zx9.hunter2")
    said = capsys.readouterr().err
    assert "hunter2" not in said
    assert "/move?from=1" in said


def test_the_level_holds_for_all(capsys: pytest.CaptureFixture[str]) -> None:
    log = start(level="warning")
    log.info("quiet")
    logging.getLogger("some.library").info("quiet too")
    assert lines(capsys) == []


def test_development_reads_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    start("development").info("ready", port=8001)
    said = capsys.readouterr().err
    assert "ready" in said
    assert "port=8001" in said
