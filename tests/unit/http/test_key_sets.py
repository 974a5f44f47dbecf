"""Keys of an issuer are believed for as long as it might say the same again, and it is not asked too often."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.auth import IssuerAway, NotAuthenticated
from shared.embedded.secrets import key_set, new_key
from shared.key_sets import FRESH_SECONDS, GOOD_SECONDS, RETRY_SECONDS, KeySet
from shared.remote_json import NoDocument

OLD, NEW = new_key(), new_key()
OLD_ID, NEW_ID = (json.loads(each)["kid"] for each in (OLD, NEW))


@dataclass
class Publisher:
    """An issuer with a clock beside it; it is away while it publishes nothing."""

    now: float = 1000.0
    published: str | None = field(default_factory=lambda: key_set(OLD))
    asked: int = 0

    def read(self) -> dict[str, Any]:
        self.asked += 1
        if self.published is None:
            raise NoDocument("away")
        found: dict[str, Any] = json.loads(self.published)
        return found


@pytest.fixture
def publisher() -> Publisher:
    return Publisher()


@pytest.fixture
def keys(publisher: Publisher) -> KeySet:
    return KeySet(publisher.read, clock=lambda: publisher.now)


def test_a_set_is_read_once_for_many(publisher: Publisher, keys: KeySet) -> None:
    for _ in range(5):
        assert keys.key(OLD_ID).key_id == OLD_ID
    assert publisher.asked == 1
    publisher.now += FRESH_SECONDS + 1
    keys.key(OLD_ID)
    assert publisher.asked == 2


def test_a_new_key_is_found_when_it_is_first_used_and_an_old_one_goes(publisher: Publisher, keys: KeySet) -> None:
    keys.key(OLD_ID)
    publisher.published = key_set(NEW)
    publisher.now += RETRY_SECONDS + 1
    assert keys.key(NEW_ID).key_id == NEW_ID
    with pytest.raises(NotAuthenticated):
        keys.key(OLD_ID)


def test_unknown_keys_do_not_make_us_ask_all_the_time(publisher: Publisher, keys: KeySet) -> None:
    for number in range(20):
        with pytest.raises(NotAuthenticated):
            keys.key(f"guess {number}")
    assert publisher.asked == 1
    publisher.now += RETRY_SECONDS + 1
    with pytest.raises(NotAuthenticated):
        keys.key("guess")
    assert publisher.asked == 2


def test_known_keys_go_on_for_an_hour_while_their_issuer_is_away(publisher: Publisher, keys: KeySet) -> None:
    keys.key(OLD_ID)
    publisher.published = None
    publisher.now += GOOD_SECONDS - 1
    assert keys.key(OLD_ID).key_id == OLD_ID
    with pytest.raises(IssuerAway):
        keys.key(NEW_ID)
    publisher.now += 2
    with pytest.raises(IssuerAway):
        keys.key(OLD_ID)
    publisher.published = key_set(OLD)
    publisher.now += RETRY_SECONDS + 1
    assert keys.key(OLD_ID).key_id == OLD_ID


def test_an_issuer_that_was_never_there_is_asked_now_and_then(publisher: Publisher, keys: KeySet) -> None:
    publisher.published = None
    for _ in range(5):
        with pytest.raises(IssuerAway):
            keys.key(OLD_ID)
    assert publisher.asked == 1


@pytest.mark.parametrize("nonsense", ['{"keys": "none"}', "{}", '{"keys": [1]}'])
def test_nonsense_is_no_set(publisher: Publisher, keys: KeySet, nonsense: str) -> None:
    keys.key(OLD_ID)
    publisher.published = nonsense
    publisher.now += FRESH_SECONDS + 1
    assert keys.key(OLD_ID).key_id == OLD_ID
    assert publisher.asked == 2


def test_while_one_request_reads_the_set_another_goes_on_with_what_it_knows(publisher: Publisher, keys: KeySet) -> None:
    keys.key(OLD_ID)
    publisher.now += FRESH_SECONDS + 1
    with keys.lock:
        assert keys.key(OLD_ID).key_id == OLD_ID
    assert publisher.asked == 1


def test_whoever_comes_while_the_set_is_read_for_the_first_time_waits_for_it() -> None:
    asked, may_answer = threading.Event(), threading.Event()

    def read() -> dict[str, Any]:
        asked.set()
        may_answer.wait(5)
        found: dict[str, Any] = json.loads(key_set(OLD))
        return found

    keys = KeySet(read)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(keys.key, OLD_ID)
        asked.wait(5)
        others = [pool.submit(keys.key, OLD_ID) for _ in range(3)]
        too_early, _ = wait(others, timeout=0.2)
        may_answer.set()
        assert not too_early
        assert {each.result().key_id for each in (first, *others)} == {OLD_ID}
