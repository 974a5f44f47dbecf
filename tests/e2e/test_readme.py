"""The tour by hand in README.md, pasted as it stands into a shell beside a running system."""

import re
import subprocess

import pytest

from shared.embedded.mailbox import Mailbox
from tests.support.processes import ROOT, Launcher, launch_api, outside

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def blocks() -> list[str]:
    """What the README says to paste, one block after the other."""
    tour = (ROOT / "README.md").read_text(encoding="utf-8").split("## A tour by hand", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"```sh\n(.*?)```", tour, re.DOTALL)


def pasted(launch: Launcher, mailbox: Mailbox) -> str:
    """The blocks with the addresses of this test's system, each followed by a line that ends its output."""
    port = launch.environ["SYNERGIST_SCHEDULING_PORT"]
    text = "\necho ==\n".join(blocks())
    return text.replace("127.0.0.1:8001", f"127.0.0.1:{port}").replace(
        "127.0.0.1:8025", f"127.0.0.1:{mailbox.http_port}"
    )


def test_the_tour_by_hand_does_what_the_readme_says(loaded: Launcher, mailbox: Mailbox) -> None:
    for service in ("scheduling", "treatment"):
        launch_api(loaded, service)
    loaded("treatment", "consume").wait_ready()
    for part in (("scheduling", "relay"), ("workers", "project"), ("workers", "send"), ("workers", "beat")):
        loaded(*part, TICK_SECONDS="1").wait_ready()
    environ = outside() | dict(loaded.environ)
    shell = ["bash", "-e", "-u", "-c", pasted(loaded, mailbox)]
    said = subprocess.run(shell, env=environ, cwd=ROOT, capture_output=True, text=True, check=False, timeout=200)
    assert said.returncode == 0, said.stdout[-3000:] + said.stderr
    _, search, booking, mail, cancellation, proof = said.stdout.split("==\n")
    assert search.count('"starts_at"') == 3
    booked, again, refused = booking.splitlines()
    assert '"status":"booked"' in booked
    assert again == booked
    assert '"code":"therapist_taken"' in refused
    assert '"alternatives":[{' in refused
    assert '"subject"' in mail
    assert '"status":"cancelled"' in cancellation.splitlines()[0]
    assert "scheduling.appointment_cancelled.v1" in cancellation.splitlines()[1]
    assert "every hash, version and position in order" in proof
