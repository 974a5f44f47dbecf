"""Receipts, reply addresses, numbers and links go when nobody can use them any more, and not before."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.scheduling.pruning import RULES, prune
from services.scheduling.views import VIEWS
from shared.database import Database, make_engine
from shared.ids import new_id
from shared.settings import HookSettings, ReplySettings, Settings
from tests.support.api import Chain, at
from tests.support.keys import sealer


@pytest.fixture
def database(scheduling_settings: Settings) -> Iterator[Database]:
    database = Database(make_engine(scheduling_settings.scheduling.api, size=2), sealer=sealer(), views=VIEWS)
    yield database
    database.engine.dispose()


@pytest.fixture
def scheduling_settings(scheduling_settings: Settings) -> Settings:
    return replace(
        scheduling_settings,
        replies=ReplySettings(address="reply@clinic.example", sms=True),
        hooks=HookSettings(sms_token="demo-sms-token", mail_secret=""),
    )


def told(chain: Chain, visit: Any, via: str) -> Any:
    item = {
        "key": f"reminder:{visit['id']}:{via}",
        "chain_id": str(chain.id),
        "client_id": visit["client_id"],
        "appointment_id": visit["id"],
        "kind": "reminder",
        "via": via,
    }
    return chain.service.post("/internal/v1/recipients", {"items": [item]}, 200)["items"][0]


def leave_behind(database: Database, chain: Chain) -> None:
    """A draft of now, and a shift that ends now."""
    values = {"chain_id": chain.id, "id": new_id(), "now": datetime.now(UTC)}
    draft = "INSERT INTO drafts VALUES (:chain_id, 'x', 'x', :id, :id, :id, NULL, :now)"
    shift = "INSERT INTO shifts VALUES (:id, :chain_id, :id, 'x', 'x', '', '[]', '', :now, :now, :now)"
    with database.reading(chain.id) as connection:
        for statement in (draft, shift):
            connection.execute(text(statement), values)


def left(database: Database, chain: Chain) -> dict[str, int]:
    with database.reading(chain.id) as connection:
        counted = "SELECT count(*) FROM {} WHERE chain_id = :chain_id"
        return {
            name: connection.execute(text(counted.format(name)), {"chain_id": chain.id}).scalar_one() for name in RULES
        }


def test_what_has_run_out_goes_in_batches_and_what_works_stays(
    chain: Chain, new_chain: Any, database: Database
) -> None:
    both = [chain, new_chain("other")]
    for each in both:
        place = each.ready()
        client = each.person(phone="+15005550006")
        leave_behind(database, each)
        for day in (3, 100):
            visit = place.book(at(day), client_id=client["id"])
            for via in ("email", "sms"):
                assert "stop" not in told(each, visit, via)
    ways = {"receipts": 4, "reply_references": 2, "text_threads": 2, "links": 4}
    full = ways | {"drafts": 1, "shifts": 1}
    beats: list[None] = []

    def after(days: int) -> list[dict[str, int]]:
        prune(database, datetime.now(UTC) + timedelta(days=days), lambda: beats.append(None), batch=1)
        return [left(database, each) for each in both]

    over = dict.fromkeys(RULES, 0)
    assert after(6) == [full, full]
    assert after(89) == [full | {"drafts": 0}] * 2
    assert after(91) == [over | ways | {"receipts": 0}] * 2
    assert len(beats) == 2 * (full["receipts"] + full["drafts"] + full["shifts"])
    assert after(200) == [over | {"reply_references": 1, "text_threads": 2, "links": 2}] * 2
    assert after(366) == [dict.fromkeys(RULES, 0)] * 2
