"""An embedded PostgreSQL: real, durable, on a loopback port, with a password, and found again by the next start.

The server outlives whoever started it, unless it is stopped; a later start adopts it. PostgreSQL refuses to run as
root, so then it runs as the user `embedded_postgres`, which is made when it does not exist.
"""

import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from shared.embedded import ServerUnavailable
from shared.embedded.processes import (
    LOOPBACK,
    SystemUser,
    argument,
    demand_space,
    end,
    free_port,
    keep_log_small,
    package_folder,
    running,
    spawn,
    tail,
)

SUPERUSER = "postgres"
SYSTEM_USER = "embedded_postgres"
START_SECONDS = 60.0
ORPHAN_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    url: str
    port: int
    adopted: bool
    process: psutil.Process

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, everything committed is kept."""
        end(self.process, signal.SIGINT, signal.SIGQUIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresPlace:
    """Where a server's programs and data are; `durable=False` (tests) survives a killed server, not a power cut."""

    data: Path
    log: Path
    binaries: Path
    durable: bool = True

    @classmethod
    def within(cls, folder: Path, binaries: Path | None = None, *, durable: bool = True) -> "PostgresPlace":
        found = binaries or package_folder("embedded_postgres", "PostgreSQL") / "pginstall" / "bin"
        return cls(
            data=folder.resolve() / "postgres", log=folder.resolve() / "postgres.log", binaries=found, durable=durable
        )


def start(place: PostgresPlace, password: str, port: int | None = None) -> PostgresServer:
    """Start the server of this place, or adopt the one that is running; takes another port when `port` is taken.

    Raises ServerUnavailable, with a message for a person, when it cannot run.
    """
    place.data.parent.mkdir(parents=True, exist_ok=True)
    if (found := _adopt(place, password)) is not None:
        return found
    if not (place.binaries / "postgres").exists():
        raise ServerUnavailable(f"There is no PostgreSQL in {place.binaries}.")
    demand_space(place.data.parent)
    user = _system_user(place)
    _initialise(place, password, user)
    _clear_stale_lock(place)
    keep_log_small(place.log)
    chosen = free_port(port)
    process = spawn(_command(place, chosen), log=place.log, environ=_environ(), user=user)
    return _when_ready(place, process, password, chosen, adopted=False)


def _adopt(place: PostgresPlace, password: str) -> PostgresServer | None:
    process = running("postgres", place.data)
    if process is None:
        return None
    port = argument(process, "-p")
    if port is None:
        end(process, signal.SIGINT)
        return None
    return _when_ready(place, process, password, int(port), adopted=True)


def _when_ready(
    place: PostgresPlace, process: psutil.Process, password: str, port: int, *, adopted: bool
) -> PostgresServer:
    url = f"postgresql://{SUPERUSER}:{password}@{LOOPBACK}:{port}/postgres"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise ServerUnavailable(
                    f"PostgreSQL's data in {place.data} was made with another password than the one kept beside it. "
                    "`make reset` begins anew (and loses the data)."
                ) from error
            if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
                raise ServerUnavailable(
                    f"PostgreSQL did not start. {place.log} ends with:\n{tail(place.log)}"
                ) from error
            time.sleep(0.05)
        else:
            return PostgresServer(url=url, port=port, adopted=adopted, process=process)
    raise ServerUnavailable(f"PostgreSQL was not ready after {START_SECONDS:.0f} s. {place.log}:\n{tail(place.log)}")


def _command(place: PostgresPlace, port: int) -> list[str]:
    options = {
        "listen_addresses": LOOPBACK,
        "unix_socket_directories": "",
        "max_connections": "200",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "fsync": "on" if place.durable else "off",
        "full_page_writes": "on" if place.durable else "off",
        "max_wal_size": "1GB",
    } | _quick_to_enter(place)
    flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    return [str(place.binaries / "postgres"), "-D", str(place.data), "-p", str(port), *flags]


def _quick_to_enter(place: PostgresPlace) -> dict[str, str]:
    """Of passwords that guard nothing one round of hashing is enough, where the release lets it be chosen."""
    return {"scram_iterations": "1"} if not place.durable and _major(place) >= 16 else {}  # noqa: PLR2004 - as it says


def _initialise(place: PostgresPlace, password: str, user: SystemUser | None) -> None:
    """Make the data folder when there is none. Raises ServerUnavailable for a folder of another major version."""
    mine = _major(place)
    version = place.data / "PG_VERSION"
    if version.exists():
        theirs = version.read_text().strip()
        if theirs != str(mine):
            raise ServerUnavailable(
                f"{place.data} was written by PostgreSQL {theirs}, and this is PostgreSQL {mine}. Move the data over "
                f"with pg_dump and pg_restore, or begin anew with `make reset` (which loses the data)."
            )
        return
    end_unfinished(place.data)
    unfinished = _unfinished(place.data)
    unfinished.mkdir(mode=0o700)
    if user is not None:
        _give(unfinished, user)
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"] if mine >= 17 else ["--locale=C"]  # noqa: PLR2004 - the release that brought the builtin provider
    with tempfile.NamedTemporaryFile("w", dir=place.data.parent, prefix="password-") as secret:
        secret.write(password)
        secret.flush()
        if user is not None:
            _give(Path(secret.name), user)
        _run(
            [str(place.binaries / "initdb"), "-D", str(unfinished), "-U", SUPERUSER, "--encoding=UTF8", *locale]
            + ["--auth=scram-sha-256", f"--pwfile={secret.name}"]
            + ([] if place.durable else ["--no-sync"]),
            user,
        )
    unfinished.rename(place.data)


def end_unfinished(data: Path) -> None:
    """End the making of `data` that a killed start left running, and delete what it had made."""
    unfinished = _unfinished(data)
    if (process := running("initdb", unfinished)) is not None:
        end(process)
    _wait_for_orphans(unfinished)
    if unfinished.exists():
        shutil.rmtree(unfinished)


def _unfinished(data: Path) -> Path:
    """Where `data` is made: under its own name it is always whole."""
    return data.with_name(f"{data.name}.unfinished")


def _major(place: PostgresPlace) -> int:
    said = _run([str(place.binaries / "postgres"), "--version"], None)
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    if found is None:
        raise ServerUnavailable(f"{place.binaries / 'postgres'} does not say its version: {said.strip()}")
    return int(found.group(1))


def _run(command: list[str], user: SystemUser | None) -> str:
    try:
        return subprocess.run(
            command,
            check=True,
            capture_output=True,
            text=True,
            env=_environ(),
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
            cwd="/",
            timeout=300,
        ).stdout
    except subprocess.CalledProcessError as error:
        raise ServerUnavailable(f"PostgreSQL's `{Path(command[0]).name}` failed: {error.stderr.strip()}") from error
    except OSError as error:
        raise ServerUnavailable(f"PostgreSQL cannot run on this machine: {error}") from error


def _environ() -> dict[str, str]:
    """The environment without PG* variables, which would silently change what the programs do."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}


def _clear_stale_lock(place: PostgresPlace) -> None:
    """Remove the lock file of a killed server, whose pid may be somebody else's by now.

    First its last children must be gone: two servers on one folder would destroy it.
    """
    _wait_for_orphans(place.data)
    (place.data / "postmaster.pid").unlink(missing_ok=True)


def _wait_for_orphans(data: Path) -> None:
    deadline = time.monotonic() + ORPHAN_SECONDS
    while _orphans(data):
        if time.monotonic() > deadline:
            raise ServerUnavailable(f"Processes of a killed PostgreSQL still work in {data}; end them first.")
        time.sleep(0.05)


def _orphans(data: Path) -> list[psutil.Process]:
    found = psutil.process_iter(["name", "cwd", "status"])
    return [p for p in found if p.info["name"] == "postgres" and p.info["cwd"] == str(data)]


def _system_user(place: PostgresPlace) -> SystemUser | None:
    """The user to run as: ourselves (None), or another when we are root, who then may reach programs and data."""
    if os.geteuid() != 0:
        return None
    entry = _entry() or _made()
    for folder in {*place.data.parents, *place.binaries.parents}:
        _allow(folder, stat.S_IXOTH)
    if not place.binaries.stat().st_mode & stat.S_IROTH:
        for path in place.binaries.parents[1].rglob("*"):
            _allow(path, stat.S_IROTH | (stat.S_IXOTH if path.is_dir() or path.parent == place.binaries else 0))
    return SystemUser(SYSTEM_USER, entry.pw_uid, entry.pw_gid)


def _entry() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        return None


def _made() -> pwd.struct_passwd:
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/bin/false", SYSTEM_USER]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        reason = error.stderr.strip() if isinstance(error, subprocess.CalledProcessError) else error
        raise ServerUnavailable(
            f"PostgreSQL does not run as root, and the user {SYSTEM_USER} could not be made ({reason}). "
            "Start as another user, or give SYNERGIST_POSTGRES_URL."
        ) from error
    return pwd.getpwnam(SYSTEM_USER)


def _allow(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(mode | bits)


def _give(path: Path, user: SystemUser) -> None:
    os.chown(path, user.uid, user.gid)
