"""The treatment API over a real database, one for all the tests of a file: each test has a chain of its own."""

from collections.abc import Iterator

import pytest
from flask import Flask

from services.treatment.app import create_app
from shared.http.operations import EXTENSION
from shared.ids import new_id
from shared.settings import Settings
from tests.support.api import Chain, Keys
from tests.support.servers import ServerFarm, worker_number


@pytest.fixture(scope="module")
def treatment_settings(servers: ServerFarm, keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    folder = tmp_path_factory.mktemp("treatment")
    with servers.database("treatment") as database:
        own = {
            "SYNERGIST_FOLDER": str(folder),
            "SYNERGIST_TREATMENT_DATABASE_URL": database.api,
            "SYNERGIST_TREATMENT_READER_URL": database.reader,
            "SYNERGIST_TREATMENT_MIGRATE_URL": database.migrate,
            "SYNERGIST_REDIS_URL": servers.redis().database(2 * worker_number(servers.worker)),
        }
        yield Settings.read(own | keys.variables(folder))


@pytest.fixture(scope="module")
def treatment_app(treatment_settings: Settings) -> Iterator[Flask]:
    app = create_app(treatment_settings)
    yield app
    app.extensions[EXTENSION].close()


@pytest.fixture
def treating(treatment_app: Flask, keys: Keys, redis_url: str) -> Iterator[Chain]:
    """A new chain as treatment knows it; `redis_url` forgets who has been asking too often."""
    parts = treatment_app.extensions[EXTENSION]
    yield Chain(treatment_app, keys, new_id())
    treatment_app.extensions[EXTENSION] = parts
