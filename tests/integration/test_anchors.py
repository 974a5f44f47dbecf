"""What was signed of a log finds what hashes alone cannot, whatever a superuser does; and signing survives its troubles."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import httpx
import pytest
from flask import Flask
from jwt import PyJWKSet
from msgspec import structs

from services.treatment.app import create_app
from shared.anchor_file import AnchorFile
from shared.anchor_routes import anchors_kept
from shared.anchors import Anchor, Signed, opened, sign, witnesses
from shared.database import make_engine
from shared.embedded.secrets import key_set, new_key
from shared.evidence import Evidence, gathered
from shared.heads import LogName
from shared.ids import new_id
from shared.minting import mint_service_token
from shared.notary import Notary, OtherService, Place, PlaceAway
from shared.settings import DatabaseSettings, Settings
from shared.verify import Fault, verify
from tests.support.api import Keys
from tests.support.log import Log, a_chain, a_log, booked
from tests.support.servers import ServerFarm
from tests.support.tampering import Forger

P = 3
KEY = new_key()


@dataclass
class Away:
    """The other service, which may be away."""

    there: OtherService
    is_away: bool = False

    def last(self, service: str) -> str | None:
        return self.reached().last(service)

    def keep(self, anchors: Sequence[Signed]) -> None:
        self.reached().keep(anchors)

    def reached(self) -> OtherService:
        if self.is_away:
            raise PlaceAway
        return self.there


def happen(log: Log, chain: UUID, times: int) -> None:
    for _ in range(times):
        log.record(chain, booked())
        log.look(chain, new_id())


def notary_of(log: Log, file: AnchorFile, place: Place) -> Notary:
    keys = PyJWKSet.from_json(key_set(KEY))
    return Notary(service="scheduling", reader=log.reader, key=KEY, keys=keys, file=file, place=place)


@dataclass
class Scene:
    """Scheduling's log and its notary, with treatment as the other place."""

    log: Log
    notary: Notary
    place: Away
    kept_by: DatabaseSettings

    def happen(self, times: int) -> None:
        """One event and one look each time."""
        happen(self.log, a_chain(P), times)

    def numbers(self) -> list[int]:
        return [signed.anchor.number for signed in self.notary.newest_first()][::-1]

    def kept(self) -> list[str]:
        reader = make_engine(self.kept_by.reader)
        found = anchors_kept(reader, "scheduling")
        reader.dispose()
        return found

    def in_file(self) -> list[str]:
        return list(self.notary.file.newest_first())[::-1]

    def evidence(self) -> Evidence:
        return gathered("scheduling", self.in_file(), self.kept(), self.notary.keys)

    def faults(self) -> tuple[Fault, ...]:
        return verify(self.log.reader, witnesses(self.evidence().anchors)).faults


@pytest.fixture
def treatment(treatment_db: DatabaseSettings, redis_url: str, keys: Keys, tmp_path: Path) -> Iterator[Flask]:
    app = create_app(
        Settings.read(
            {
                "SYNERGIST_TREATMENT_DATABASE_URL": treatment_db.api,
                "SYNERGIST_TREATMENT_READER_URL": treatment_db.reader,
                "SYNERGIST_REDIS_URL": redis_url,
            }
            | keys.variables(tmp_path)
        )
    )
    yield app
    app.extensions["synergist"].close()


@pytest.fixture
def scene(
    scheduling_db: DatabaseSettings, treatment_db: DatabaseSettings, treatment: Flask, keys: Keys, tmp_path: Path
) -> Iterator[Scene]:
    http = httpx.Client(transport=httpx.WSGITransport(app=treatment), base_url="http://treatment")
    place = Away(OtherService(http, lambda: mint_service_token(keys.service, subject="anchors", to="treatment")))
    with a_log(scheduling_db) as log, http:
        notary = notary_of(log, AnchorFile(tmp_path / "place" / "anchors.jws"), place)
        yield Scene(log, notary, place, treatment_db)


Tamper = Callable[[Forger], None]


def rewritten(change: Callable[[Forger, list[Any]], list[Any]]) -> Tamper:
    return lambda forger: forger.rewrite(lambda rows: change(forger, rows))


def cut_and_put_back(forger: Forger) -> None:
    forger.cut(6)
    forger.put_back_the_counter()


SEEN_BY_HASHES: dict[str, tuple[Tamper, str, int]] = {
    "an altered row": (lambda forger: forger.alter(6), "altered", 6),
    "a removed row": (lambda forger: forger.remove(5), "missing", 5),
    "an inserted row": (lambda forger: forger.insert(10, like=9), "inserted", 10),
    "two rows in another order": (lambda forger: forger.exchange(6, 7), "altered", 6),
    "a tail cut off": (lambda forger: forger.cut(6), "cut", 7),
}
SEEN_BY_ANCHORS: dict[str, tuple[Tamper, str, int]] = {
    "a tail cut off, and the counter put back": (cut_and_put_back, "cut", 7),
    "a row altered, and the rest rewritten": (
        rewritten(lambda forger, rows: [*rows[:5], forger.forged(rows[5]), *rows[6:]]),
        "rewritten",
        5,
    ),
    "a row removed, and the rest rewritten": (rewritten(lambda _, rows: [*rows[:5], *rows[6:]]), "cut", 9),
    "a row inserted, and the rest rewritten": (
        rewritten(lambda forger, rows: [*rows[:5], replace(rows[5], **forger.own()), *rows[5:]]),
        "rewritten",
        5,
    ),
    "all of it rewritten": (rewritten(lambda forger, rows: [forger.forged(rows[0]), *rows[1:]]), "rewritten", 1),
}


@dataclass(frozen=True)
class Found:
    """What `verify` found after each tampering, each in a partition of its own: with and without anchors."""

    before: tuple[Fault, ...]
    by_anchors: Sequence[Fault]
    by_hashes: Sequence[Fault]


class Nowhere:
    """No second place."""

    def last(self, service: str) -> str | None:
        del service
        return None

    def keep(self, anchors: Sequence[Signed]) -> None:
        """Forget them."""


TAMPERINGS = SEEN_BY_HASHES | SEEN_BY_ANCHORS
PARTITION = {what: partition for partition, what in enumerate(TAMPERINGS)}


@pytest.fixture(scope="module")
def found(servers: ServerFarm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    """Nine events and looks in each partition, signed after four and after nine; then everything is done to them."""
    with servers.database("scheduling") as settings, a_log(settings) as log:
        notary = notary_of(log, AnchorFile(tmp_path_factory.mktemp("anchors") / "anchors.jws"), Nowhere())
        chains = [a_chain(partition) for partition in PARTITION.values()]
        for times in (4, 5):
            for chain in chains:
                happen(log, chain, times)
            assert notary.round() is None
        signed = witnesses(notary.newest_first())
        before = verify(log.reader, signed).faults
        for what, (tamper, _, _) in TAMPERINGS.items():
            for name in get_args(LogName):
                tamper(Forger.of(servers, "embedded", log.reader, name, PARTITION[what]))
        after, bare = verify(log.reader, signed).faults, verify(log.reader).faults
        yield Found(before, *([each for each in told if each.kind != "version"] for told in (after, bare)))


@pytest.mark.parametrize("log", ["events", "access"])
@pytest.mark.parametrize("what", TAMPERINGS)
def test_finds_what_a_superuser_did_and_says_where(found: Found, log: LogName, what: str) -> None:
    _, kind, position = TAMPERINGS[what]
    assert found.before == ()
    told = [each for each in found.by_anchors if (each.log, each.partition) == (log, PARTITION[what])]
    assert [(each.position, each.kind) for each in told] == [(position, kind)]


@pytest.mark.parametrize("log", ["events", "access"])
@pytest.mark.parametrize("what", SEEN_BY_ANCHORS)
def test_hashes_alone_do_not_see_it(found: Found, log: LogName, what: str) -> None:
    """Or the test above would say nothing about anchors."""
    assert not [each for each in found.by_hashes if (each.log, each.partition) == (log, PARTITION[what])]


def test_signs_when_the_logs_have_grown_and_not_before(scene: Scene) -> None:
    scene.notary.round()
    scene.happen(1)
    scene.notary.round()
    scene.notary.round()
    assert scene.numbers() == [1, 2]
    assert scene.in_file() == scene.kept()
    assert scene.evidence().faults == ()


def test_signs_while_the_other_service_is_away_and_sends_all_of_it_later(scene: Scene) -> None:
    scene.notary.round()
    scene.place.is_away = True
    for _ in range(2):
        scene.happen(1)
        with pytest.raises(PlaceAway):
            scene.notary.round()
    assert scene.numbers() == [1, 2, 3]
    assert scene.evidence().faults == ()
    scene.place.is_away = False
    scene.notary.round()
    assert scene.in_file() == scene.kept()


def test_takes_up_a_file_whose_last_line_was_cut_short(scene: Scene) -> None:
    scene.notary.round()
    with scene.notary.file.path.open("a") as file:
        file.write("eyJhbGciOi")
    scene.happen(1)
    scene.notary.round()
    assert scene.numbers() == [1, 2]
    assert scene.evidence().faults == ()


def test_a_new_file_goes_on_where_the_other_place_stands(scene: Scene) -> None:
    scene.notary.round()
    scene.notary.file.path.unlink()
    scene.happen(1)
    scene.notary.round()
    assert scene.numbers() == [2]
    assert scene.evidence().faults == ("the file lacks the anchor 1",)


@pytest.mark.parametrize("log", ["events", "access"])
def test_signs_nothing_that_does_not_follow_until_a_person_says_so(
    scene: Scene, servers: ServerFarm, log: LogName
) -> None:
    scene.happen(3)
    scene.notary.round()
    forger = Forger.of(servers, "embedded", scene.log.reader, log, P)
    forger.cut(2)
    forger.put_back_the_counter()
    fault = scene.notary.round()
    assert fault is not None
    assert (fault.log, fault.partition, fault.position, fault.kind) == (log, P, 3, "cut")
    assert scene.numbers() == [1]
    scene.notary.restart("restored from the backup of Monday")
    assert scene.faults() == ()
    assert scene.notary.round() is None
    assert scene.evidence().anchors[-1].anchor.restarted == "restored from the backup of Monday"


def test_a_rewritten_row_is_not_vouched_for_again(scene: Scene, servers: ServerFarm) -> None:
    scene.happen(3)
    scene.notary.round()
    forger = Forger.of(servers, "embedded", scene.log.reader, "events", P)
    forger.rewrite(lambda rows: [*rows[:2], forger.forged(rows[2])])
    scene.happen(1)
    fault = scene.notary.round()
    assert fault is not None
    assert (fault.position, fault.kind) == (3, "rewritten")


def test_names_what_was_done_to_the_anchors_themselves(scene: Scene) -> None:
    for _ in range(4):
        scene.happen(1)
        scene.notary.round()
    first, second, third, fourth = scene.in_file()
    keys, kept = scene.notary.keys, scene.kept()

    def faults(in_file: Sequence[str], there: Sequence[str] = kept) -> tuple[str, ...]:
        return gathered("scheduling", in_file, there, keys).faults

    forged = sign(opened(second, keys).anchor, new_key()).text
    other_past = sign(replace_taken(opened(second, keys)), KEY).text
    assert faults([first, third, fourth]) == ("the file lacks the anchor 2",)
    assert faults([first, second, third, fourth], [first, fourth]) == (
        "the other service lacks the anchor 2",
        "the other service lacks the anchor 3",
    )
    assert faults([first, third], [third]) == (
        "the other service lacks the anchor 1",
        "the anchor 2 is missing at both places",
    )
    assert faults([first, forged, third, fourth])[0].startswith("the file of anchors: entry 2 is not signed")
    assert "two different anchors have the number 2" in faults([first, other_past, third, fourth])
    assert "the anchor 3 does not follow from the one before" in faults([first, other_past, third], [first])


def replace_taken(signed: Signed) -> Anchor:
    return structs.replace(signed.anchor, taken_at=datetime(2026, 1, 1, tzinfo=UTC))
