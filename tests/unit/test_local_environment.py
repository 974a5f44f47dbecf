"""What a person gave is theirs; what they did not give is completed, group by group."""

import os
import stat
from pathlib import Path
from urllib.parse import urlsplit

import jwt
import pytest

from services import local_environment as local
from shared.embedded.secrets import Secrets, key_set, load_secrets
from shared.settings import Settings


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    return load_secrets(tmp_path)


def test_every_role_gets_its_url_on_the_server(secrets: Secrets) -> None:
    urls = local.database_urls("postgresql://postgres:admin@127.0.0.1:5433/postgres", secrets)
    reader = urlsplit(urls["SYNERGIST_TREATMENT_READER_URL"])
    assert (reader.username, reader.hostname, reader.port, reader.path) == (
        "treatment_reader",
        "127.0.0.1",
        5433,
        "/treatment",
    )
    assert set(urls) == set(local.DATABASE_VARIABLES)
    assert len({urlsplit(url).password for url in urls.values()}) == len(urls)


def test_a_group_of_which_an_address_was_given_is_left_alone() -> None:
    given = {"SYNERGIST_SMTP_HOST": "mail.example"}
    group = {"SYNERGIST_SMTP_HOST": "127.0.0.1", "SYNERGIST_SMTP_PORT": "8026"}
    assert local.completed(given, group) == given


def test_a_detail_that_was_given_outlives_the_completion() -> None:
    given = {"SYNERGIST_SMTP_SENDER": "us@demo.example"}
    group = {"SYNERGIST_SMTP_HOST": "127.0.0.1", "SYNERGIST_SMTP_SENDER": "visits@synergist.example"}
    assert local.completed(given, group) == {
        "SYNERGIST_SMTP_HOST": "127.0.0.1",
        "SYNERGIST_SMTP_SENDER": "us@demo.example",
    }


def test_a_completed_environment_can_be_read_as_settings(tmp_path: Path, secrets: Secrets) -> None:
    address = Settings.read({}).address
    environment = local.completed(
        {},
        local.database_urls("postgresql://postgres:admin@127.0.0.1:5433/postgres", secrets),
        local.issuer_variables(tmp_path, address, secrets),
        local.service_variables(tmp_path, secrets),
        local.email_variables(address),
        local.sms_variables(address, secrets),
    )
    settings = Settings.read(environment, need=local.DATABASE_VARIABLES)
    assert settings.smtp is not None
    assert settings.sms is not None
    assert settings.auth.jwks_url.startswith("file:///")


def test_the_environment_is_kept_privately_and_read_back_as_it_was(tmp_path: Path, secrets: Secrets) -> None:
    environment = {"SYNERGIST_SERVICE_KEY": secrets.keys["service"], "SYNERGIST_SMS_SENDER": 'it\'s $HOME; "quoted"'}
    local.write(tmp_path, environment)
    assert local.read(tmp_path) == environment
    assert stat.S_IMODE((tmp_path / local.FILE).stat().st_mode) == 0o600
    local.forget(tmp_path)
    assert local.read(tmp_path) == {}


def test_secrets_are_made_once_and_kept_privately(tmp_path: Path) -> None:
    first = load_secrets(tmp_path)
    assert load_secrets(tmp_path) == first
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    assert len(set(first.passwords.values())) == len(first.passwords)


def test_secrets_that_an_older_version_did_not_know_are_added(tmp_path: Path) -> None:
    first = load_secrets(tmp_path)
    text = (tmp_path / "secrets.json").read_text()
    (tmp_path / "secrets.json").write_text(text.replace('"sms"', '"telegraph"'))
    later = load_secrets(tmp_path)
    assert later.passwords["sms"] != first.passwords["sms"]
    assert later.passwords["redis"] == first.passwords["redis"]


def test_no_other_user_sees_a_secret_even_with_a_careless_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        load_secrets(tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_the_public_half_checks_what_the_private_half_signed(secrets: Secrets) -> None:
    private = jwt.PyJWK.from_json(secrets.keys["issuer"])
    token = jwt.encode({"sub": "someone"}, private.key, algorithm="EdDSA", headers={"kid": private.key_id})
    public = key_set(secrets.keys["issuer"])
    assert '"d"' not in public
    key = jwt.PyJWKSet.from_json(public)[jwt.get_unverified_header(token)["kid"]]
    assert jwt.decode(token, key, algorithms=["EdDSA"]) == {"sub": "someone"}
