"""No secret in the repository: no private key, no token of a provider, and no password in an address of ours."""

import subprocess
from collections.abc import Iterable
from pathlib import Path

from detect_secrets.core.scan import scan_file
from detect_secrets.settings import transient_settings

ROOT = Path(__file__).parents[2]
LEFT_OUT = (".requirements/", "tests/contracts/events/")
"""Hashes, of packages and of examples of events."""

PLUGINS = [
    "AWSKeyDetector",
    "AzureStorageKeyDetector",
    "GitHubTokenDetector",
    "GitLabTokenDetector",
    "JwtTokenDetector",
    "MailchimpDetector",
    "OpenAIDetector",
    "PrivateKeyDetector",
    "PypiTokenDetector",
    "SendGridDetector",
    "SlackDetector",
    "StripeDetector",
    "TwilioKeyDetector",
]
OF_OURS = "BasicAuthDetector"
"""Tests are full of addresses with invented passwords; elsewhere there is none."""

REVIEWED = {
    ("docs/how-to/deploy.md", "Basic Auth Credentials"),  # a pattern of printf
    ("services/local_environment.py", "Twilio API Key"),  # an account of zeroes, for the local mailbox
}


def found_in(paths: Iterable[str], *plugins: str) -> set[tuple[str, str]]:
    """The files and kinds of what looks like a secret."""
    with transient_settings({"plugins_used": [{"name": name} for name in plugins]}):
        return {(path, secret.type) for path in paths for secret in scan_file(str(ROOT / path))}


def test_whatever_looks_like_a_secret_was_looked_at() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    paths = [path for path in listed.stdout.splitlines() if not path.startswith(LEFT_OUT) and (ROOT / path).is_file()]
    tests = [path for path in paths if path.startswith("tests/")]
    assert found_in(set(paths) - set(tests), *PLUGINS, OF_OURS) == REVIEWED
    assert found_in(tests, *PLUGINS) == set()


def test_a_key_in_a_test_would_be_seen(tmp_path: Path) -> None:
    key = "-----BEGIN " + "PRIVATE KEY-----"
    (tmp_path / "leak.txt").write_text(f"{key}\n")
    assert {kind for _, kind in found_in([str(tmp_path / "leak.txt")], *PLUGINS)} == {"Private Key"}
