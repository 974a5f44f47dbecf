"""What every answer tells a browser, whatever is asked of whichever service, and that nobody can talk us into more."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from services.scheduling.app import create_app as create_scheduling
from services.treatment.app import create_app as create_treatment
from shared.http.operations import EXTENSION
from shared.settings import DatabaseSettings, Settings
from tests.support.api import Keys

ANYWHERE = ["/docs", "/openapi.json", "/health/live", "/metrics", "/v1/clinics", "/nothing/here", "/", "/v1/events"]
PAGES = ["/l/", "/l/nothing", "/l/no/where"]
Ask = Callable[..., TestResponse]


@pytest.fixture(scope="module")
def scheduling(pages_settings: Settings) -> Iterator[Flask]:
    app = create_scheduling(pages_settings)
    yield app
    app.extensions[EXTENSION].close()


@pytest.fixture
def treatment(treatment_db: DatabaseSettings, redis_url: str, keys: Keys, tmp_path: Path) -> Iterator[Flask]:
    own = {
        "SYNERGIST_TREATMENT_DATABASE_URL": treatment_db.api,
        "SYNERGIST_TREATMENT_READER_URL": treatment_db.reader,
        "SYNERGIST_REDIS_URL": redis_url,
    }
    app = create_treatment(Settings.read(own | keys.variables(tmp_path)))
    yield app
    app.extensions[EXTENSION].close()


def must_be_closed(answer: TestResponse) -> None:
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert not {"script-src", "connect-src", "img-src", "frame-src"} & set(policy)
    assert "unsafe" not in str(policy)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Permissions-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Server" not in answer.headers


@pytest.mark.parametrize("path", ANYWHERE + PAGES)
def test_every_answer_of_scheduling_is_closed(scheduling: Flask, path: str) -> None:
    for method in ("GET", "POST"):
        must_be_closed(scheduling.test_client().open(path, method=method))


def test_every_answer_of_treatment_is_closed(treatment: Flask) -> None:
    for path in ANYWHERE:
        must_be_closed(treatment.test_client().get(path))


@pytest.mark.parametrize("path", ["/docs", "/l/nothing"])
def test_a_page_allows_its_own_style_and_nothing_of_the_kind_is_written_into_its_tags(
    scheduling: Flask, path: str
) -> None:
    answer = scheduling.test_client().get(path)
    assert "style-src 'sha256-" in answer.headers["Content-Security-Policy"]
    assert "<style>" in answer.text
    for written in ("<script", " style=", " onclick=", "javascript:", " src="):
        assert written not in answer.text


def test_only_behind_tls_browsers_are_told_to_stay_with_it(pages_settings: Settings) -> None:
    def told(public_url: str, **headers: str) -> str | None:
        address = replace(pages_settings.address, public_url=public_url)
        app = create_scheduling(replace(pages_settings, address=address, web=replace(pages_settings.web, proxies=1)))
        answer = app.test_client().get("/docs", headers=headers)
        app.extensions[EXTENSION].close()
        return answer.headers.get("Strict-Transport-Security")

    assert told("https://visits.demo.example") == "max-age=31536000"
    assert told("http://127.0.0.1:8001") is None
    assert told("http://127.0.0.1:8001", **{"X-Forwarded-Proto": "https", "Forwarded": "proto=https"}) is None


@pytest.mark.parametrize("name", ["Host", "X-Forwarded-Host", "X-Forwarded-Prefix", "X-Original-URL"])
def test_no_header_of_the_caller_finds_its_way_into_an_answer(pages_settings: Settings, name: str) -> None:
    app = create_scheduling(replace(pages_settings, web=replace(pages_settings.web, proxies=1)))
    for path in ("/l/nothing", "/docs", "/v1/clinics", "/v1/clinics/"):
        answer = app.test_client().get(path, headers={name: "evil.example"})
        assert "evil.example" not in answer.text + str(answer.headers)
    app.extensions[EXTENSION].close()
