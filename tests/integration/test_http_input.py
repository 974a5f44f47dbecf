"""Bad input over HTTP is the caller's fault and says so: never a 500, and never kept."""

from base64 import urlsafe_b64encode
from io import BytesIO
from typing import Any

import pytest

from tests.support.api import Chain

pytestmark = pytest.mark.one_database

ID = "01a204af-4db6-76e5-a385-16016ebaa562"
CLIENT = {"name": "Demo Client", "time_zone": "Europe/Berlin"}


@pytest.mark.parametrize("locale", ["en.\0", "de@\0"])
def test_a_language_cannot_carry_what_the_database_refuses(chain: Chain, locale: str) -> None:
    assert "locale" in chain.desk.post("/v1/clients", CLIENT | {"locale": locale}, expect=422)["fields"]
    refused = chain.admin.post("/v1/therapists", {"name": "Demo", "languages": [locale]}, expect=422)
    assert "languages" in refused["fields"]


@pytest.mark.parametrize(("spaces", "status"), [(1000, 201), (300_000, 413)])
def test_a_body_of_unknown_length_has_the_same_limit(chain: Chain, spaces: int, status: int) -> None:
    body = b'{"name": "Demo Client", "time_zone": "Europe/Berlin"}' + b" " * spaces
    chunked: dict[str, Any] = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    desk = chain.desk
    answer = desk.client.open(
        "/v1/clients",
        method="POST",
        input_stream=BytesIO(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {desk.token}"},
        environ_overrides=chunked,
    )
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("entries", "code"), [(60_000, "list_too_long"), (1001, "list_too_long"), (1000, "invalid_fields")]
)
def test_a_list_without_end_gets_one_short_answer(chain: Chain, entries: int, code: str) -> None:
    path = f"/v1/therapists/{chain.therapist()['id']}/rota"
    answer = chain.admin.call("PUT", path, 422, [{}] * entries, If_Match="*")
    assert f'"code":"{code}"' in answer.text
    assert len(answer.data) < 4000
    nested = chain.admin.call("POST", "/v1/therapists", 422, {"name": "Demo", "languages": [""] * entries})
    assert len(nested.data) < 4000


def test_a_field_with_an_endless_name_is_named_shortly(chain: Chain) -> None:
    assert len(chain.desk.call("POST", "/v1/clients", 422, CLIENT | {"x" * 200_000: 1}).data) < 1000


@pytest.mark.parametrize("key", ['["\\u0000"]', "[1]", "["])
def test_a_cursor_of_nobodys_list_is_refused(chain: Chain, key: str) -> None:
    client = chain.person()
    path = f"/v1/clients/{client['id']}/deliveries?cursor={urlsafe_b64encode(key.encode()).decode()}"
    assert "cursor" in chain.desk.get(path, expect=422)["fields"]


@pytest.mark.parametrize(
    ("path", "name", "more"),
    [
        ("recipients", "key", {"client_id": ID, "kind": "confirmation"}),
        ("contact-tasks", "because", {"cause": "reply"}),
    ],
)
def test_a_message_of_our_own_cannot_be_called_what_the_database_refuses(
    chain: Chain, path: str, name: str, more: dict[str, str]
) -> None:
    item = {name: "\0", "chain_id": str(chain.id), "appointment_id": ID} | more
    assert "items" in chain.service.post(f"/internal/v1/{path}", {"items": [item]}, 422)["fields"]
