"""Asks once a day whether anything pinned is known to be weak; without an answer it says so, and fails nothing.

`python -m tests.support.audit`, in `make check`. It fails when a weakness is known.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PINNED = [ROOT / ".requirements" / f"{name}.txt" for name in ("runtime", "embedded", "development")]
ASKED = Path(sys.prefix) / "audited"
PATIENCE_SECONDS = 60


def verdict(answer: str | None) -> tuple[int, list[str]]:
    """The exit status and what there is to say about pip-audit's answer in JSON; None is none."""
    try:
        packages: Sequence[dict[str, Any]] = json.loads(answer or "")["dependencies"]
    except (ValueError, KeyError, TypeError):
        return 0, ["pip-audit could not look: whether a package is known to be weak stays open."]
    weak = [
        f"{each['name']} {each['version']}: {weakness['id']}" for each in packages for weakness in each.get("vulns", [])
    ]
    left_out = sum("skip_reason" in each for each in packages)
    said = [f"pip-audit could not look at {left_out} of {len(packages)} packages."] if left_out else []
    return (1 if weak else 0), [*said, *weak]


def ask() -> str | None:
    """What pip-audit answers; None when it does not come to an answer."""
    files = [part for path in PINNED for part in ("-r", str(path))]
    command = [sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip", "--progress-spinner", "off"]
    try:
        done = subprocess.run(
            [*command, "--timeout", "5", "--format", "json", *files],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout


def main(today: str) -> int:
    """Ask, unless the same was asked today."""
    asked = f"{today} {sha256(b''.join(path.read_bytes() for path in PINNED)).hexdigest()}"
    if ASKED.exists() and ASKED.read_text(encoding="utf-8") == asked:
        return 0
    status, said = verdict(ask())
    print("\n".join(said) or "pip-audit knows of no weak package.")  # noqa: T201 - this is a program
    if not status:
        ASKED.write_text(asked, encoding="utf-8")
    return status


if __name__ == "__main__":
    from datetime import UTC, datetime

    sys.exit(main(f"{datetime.now(UTC):%Y-%m-%d}"))
