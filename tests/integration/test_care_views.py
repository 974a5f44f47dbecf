"""The lists of episodes, patterns and homework say what their streams say, and a rebuild gives the same."""

from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.treatment.own_views import OWN_VIEWS
from services.treatment.patterns.state import Pattern, evolve
from services.treatment.rebuild import read_models
from shared.events import treatment_episodes as e, treatment_homework as h, treatment_patterns as p
from shared.rebuild import rebuild
from shared.replay import LogAtHand
from shared.settings import DatabaseSettings, Settings
from tests.contracts import examples_of_care as care
from tests.support.consuming import Setting, a_setting
from tests.support.keys import MASTER_KEYS
from tests.support.log import Log, a_chain, a_log
from tests.support.read_models import active, content

CHAIN = a_chain(5)


@pytest.fixture
def setting(scheduling_db: DatabaseSettings, treatment_db: DatabaseSettings, redis_url: str) -> Iterator[Setting]:
    with a_setting(scheduling_db, treatment_db, redis_url) as setting:
        yield setting


@pytest.fixture
def own(treatment_db: DatabaseSettings) -> Iterator[Log]:
    with a_log(treatment_db, OWN_VIEWS) as log:
        yield log


def test_what_a_chain_asks_for_is_kept(own: Log) -> None:
    [event] = [each for each in care.FILLED if isinstance(each, p.ThresholdsSet)]
    own.record(CHAIN, event, stream=f"thresholds-{CHAIN}")
    with own.database.reading(CHAIN) as connection:
        row = connection.execute(text("SELECT thresholds, version FROM pattern_thresholds")).one()
    assert (row.thresholds["span_days"], row.version) == (42, 1)


def of_family(module: Any) -> list[Any]:
    of = (each for each in care.FILLED if type(each).__module__ == module.__name__)
    return [each for each in of if not isinstance(each, p.ThresholdsSet)]


def rows(own: Log, table: str, key: UUID) -> Any:
    with own.database.reading(CHAIN) as connection:
        return connection.execute(text(f"SELECT * FROM {table} WHERE id = :id"), {"id": key}).one()


def test_the_lists_follow_every_event_and_are_made_anew_the_same(
    setting: Setting, own: Log, treatment_db: DatabaseSettings
) -> None:
    pattern = Pattern()
    for version, event in enumerate(of_family(p), 1):
        own.record(CHAIN, event, stream=f"pattern-{care.PATTERN}")
        pattern = reduce(evolve, [event], pattern)
        row = rows(own, "patterns", care.PATTERN)
        assert (row.state, row.primary_id, row.episode_id, row.version) == (
            pattern.state,
            pattern.primary_id,
            pattern.episode_id,
            version,
        )
    own.record(CHAIN, *of_family(e), stream=f"episode-{care.EPISODE}")
    own.record(CHAIN, *of_family(h), stream=f"homework-{care.HOMEWORK}")
    episode, homework = rows(own, "episodes", care.EPISODE), rows(own, "homework", care.HOMEWORK)
    assert (episode.status, episode.recorded_client_id, episode.version) == ("active", care.CLIENT, len(of_family(e)))
    assert (homework.stopped, homework.pattern_id, homework.version) == (True, care.PATTERN, 4)

    before = content(setting.owner, active(setting.owner))
    settings = Settings.read({"SYNERGIST_MASTER_KEYS": MASTER_KEYS, "SYNERGIST_SERVICE_KEY": "of no use"})
    models = read_models(
        replace(settings, treatment=treatment_db),
        {"treatment": LogAtHand(own.reader), "scheduling": setting.feed},
    )
    rebuild(models)
    models.owner.dispose()
    assert content(setting.owner, active(setting.owner)) == before
