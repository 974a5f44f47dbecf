"""The OpenAPI documents name every parameter that a route looks at, so nobody has to guess."""

from typing import Any

import pytest
from flask import Flask

from services.scheduling.app import create_app as create_scheduling
from services.treatment.app import create_app as create_treatment
from shared.settings import Settings
from tests.support.keys import MASTER_KEYS

NOWHERE = {
    "SYNERGIST_SCHEDULING_DATABASE_URL": "postgresql://nobody:none@127.0.0.1:1/scheduling",
    "SYNERGIST_SCHEDULING_READER_URL": "postgresql://nobody:none@127.0.0.1:1/scheduling",
    "SYNERGIST_TREATMENT_DATABASE_URL": "postgresql://nobody:none@127.0.0.1:1/treatment",
    "SYNERGIST_TREATMENT_READER_URL": "postgresql://nobody:none@127.0.0.1:1/treatment",
    "SYNERGIST_REDIS_URL": "redis://127.0.0.1:1/0",
    "SYNERGIST_JWKS_URL": "file:///nowhere",
    "SYNERGIST_MASTER_KEYS": MASTER_KEYS,
    "SYNERGIST_SERVICE_JWKS_URL": "file:///nowhere",
}
SEARCH = {
    "offering_id",
    "from",
    "to",
    "clinic_id",
    "therapist_id",
    "near",
    "within_km",
    "client_id",
    "moving",
    "limit",
    "cursor",
}


def document(app: Flask) -> dict[str, Any]:
    found: dict[str, Any] = app.test_client().get("/openapi.json").get_json()
    return found


@pytest.fixture(scope="module")
def scheduling() -> dict[str, Any]:
    return document(create_scheduling(Settings.read(NOWHERE)))


def asked_for(operation: dict[str, Any], place: str) -> set[str]:
    return {each["name"] for each in operation.get("parameters", []) if each["in"] == place}


def test_the_search_names_all_it_can_be_asked(scheduling: dict[str, Any]) -> None:
    assert asked_for(scheduling["paths"]["/v1/availability"]["get"], "query") == SEARCH


def test_every_list_says_how_to_get_its_next_page(scheduling: dict[str, Any]) -> None:
    lists = {path: item["get"] for path, item in scheduling["paths"].items() if "post" in item and "get" in item}
    assert lists
    assert [path for path, get in lists.items() if not {"cursor", "limit"} <= asked_for(get, "query")] == []


def test_every_change_names_its_headers_beside_its_query(scheduling: dict[str, Any]) -> None:
    rota = scheduling["paths"]["/v1/therapists/{therapist_id}/rota"]["put"]
    assert asked_for(rota, "header") == {"Idempotency-Key", "If-Match"}
    assert asked_for(rota, "query") == {"accept_conflicts"}


def test_treatment_names_what_its_feed_can_be_asked() -> None:
    feed = document(create_treatment(Settings.read(NOWHERE)))["paths"]["/v1/events"]["get"]
    assert asked_for(feed, "query") == {"partition", "after", "limit"}


def test_what_providers_call_is_in_the_document_with_how_it_is_signed() -> None:
    app = create_scheduling(Settings.read(NOWHERE))
    routes = {rule.rule.replace("<", "{").replace(">", "}") for rule in app.url_map.iter_rules()}
    found = document(app)
    hooks = {path: item["post"] for path, item in found["paths"].items() if path.startswith("/hooks/")}
    assert set(hooks) == {route for route in routes if route.startswith("/hooks/")}
    schemes = found["components"]["securitySchemes"]
    for hook in hooks.values():
        (wanted,) = hook["security"]
        assert all(schemes[name]["in"] == "header" for name in wanted)
        assert {"204", "403"} <= set(hook["responses"])
    assert set(found["components"]["schemas"]["MailReport"]["properties"]) == {"reference", "said", "code"}
    assert "X-Synergist-Timestamp" in asked_for(hooks["/hooks/mail"], "header")
    page = app.test_client().get("/docs").text
    assert "MessageStatus" in page
