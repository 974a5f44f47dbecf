"""What the image installs is all of it: no template, translation or SQL file of the packages stays behind."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, files

pytestmark = pytest.mark.slow

PACKAGES = ("services", "shared", "workers")
"""As the Dockerfile copies them."""


def test_the_wheel_holds_every_file_of_the_packages(tmp_path: Path) -> None:
    wanted = files(*PACKAGES)
    for path in [*wanted, Path("pyproject.toml"), Path("LICENSE")]:
        target = tmp_path / "tree" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, target)
    build = ["pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(tmp_path)]
    subprocess.run([sys.executable, "-m", *build, str(tmp_path / "tree")], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    assert {str(path) for path in wanted} <= held
