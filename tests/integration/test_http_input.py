"""Bad input over HTTP is the caller's fault and says so: never a 500, and never kept."""

from io import BytesIO
from typing import Any

import pytest

from tests.support.api import Chain

pytestmark = pytest.mark.one_database

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
    answer = chain.admin.call("PUT", path, 422, [{}] * entries)
    assert f'"code":"{code}"' in answer.text
    assert len(answer.data) < 4000
    nested = chain.admin.call("POST", "/v1/therapists", 422, {"name": "Demo", "languages": [""] * entries})
    assert len(nested.data) < 4000


def test_a_field_with_an_endless_name_is_named_shortly(chain: Chain) -> None:
    assert len(chain.desk.call("POST", "/v1/clients", 422, CLIENT | {"x" * 200_000: 1}).data) < 1000
