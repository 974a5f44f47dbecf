"""`make` on a machine that lacks something: one clear message each, and nothing half done."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.processes import ROOT

STRANGER = "#!/bin/sh\n"
OLD = f"{STRANGER}exit 1\n"
WITHOUT_ENSUREPIP = f'{STRANGER}case "$*" in *ensurepip*) exit 1;; esac\n'


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A copy of the project with no virtual environment and nothing to install."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / ".requirements").mkdir()
    for name in ("runtime", "embedded", "development"):
        (tmp_path / ".requirements" / f"{name}.txt").touch()
    return tmp_path


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", *arguments], cwd=folder, capture_output=True, text=True, check=False)


def python(folder: Path, program: str) -> str:
    path = folder / "python"
    path.write_text(program)
    path.chmod(0o755)
    return f"PYTHON={path}"


def test_help_names_every_target_and_needs_nothing(bare: Path) -> None:
    ended = make(bare)
    assert ended.returncode == 0
    for target in ("up", "test", "check", "reset", "tour", "help"):
        assert f"make {target} " in ended.stdout
    assert not (bare / ".venv").exists()


def test_an_old_python_is_refused(bare: Path) -> None:
    ended = make(bare, "up", python(bare, OLD))
    assert ended.returncode != 0
    assert "older than Python 3.11" in ended.stderr


def test_no_python_at_all_is_said_with_a_way_out(bare: Path) -> None:
    ended = make(bare, "up", "CANDIDATES=no-such-python")
    assert ended.returncode != 0
    assert "Synergist needs Python 3.11 or newer" in ended.stderr
    assert "make up PYTHON=" in ended.stderr


def test_a_python_that_cannot_make_environments_is_said_with_its_remedy(bare: Path) -> None:
    ended = make(bare, "up", python(bare, WITHOUT_ENSUREPIP))
    assert ended.returncode != 0
    assert "apt install python3-venv" in ended.stderr


def test_a_platform_without_servers_is_said_plainly(bare: Path) -> None:
    (bare / ".requirements" / "embedded.txt").write_text("./no-such-server-for-this-platform.whl\n")
    (bare / ".venv" / "bin").mkdir(parents=True)
    pip = bare / ".venv" / "bin" / "python"
    pip.write_text(f'{STRANGER}case "$*" in *embedded.txt*) exit 1;; esac\n')
    pip.chmod(0o755)
    ended = make(bare, "up")
    assert ended.returncode != 0
    assert "on x86-64 and ARM64" in ended.stderr
    assert not (bare / ".venv" / "runtime").exists()
