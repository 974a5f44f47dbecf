"""The settings: read once, faults all together, secrets from files."""

from pathlib import Path

import pytest

from shared.master_keys import new_master_key
from shared.settings import Settings, SettingsFaulty, SmtpSettings
from shared.variables import VARIABLES


def test_everything_has_a_default_or_is_absent() -> None:
    settings = Settings.read({})
    assert settings.environment == "development"
    assert settings.address.scheduling_url == "http://127.0.0.1:8001"
    assert settings.address.mailbox_smtp_port == 8026
    assert settings.scheduling.api == ""
    assert settings.smtp is None


def test_a_moved_port_moves_the_address_that_follows_from_it() -> None:
    address = Settings.read({"SYNERGIST_SCHEDULING_PORT": "9001", "SYNERGIST_MAILBOX_PORT": "9025"}).address
    assert address.scheduling_url == address.public_url == "http://127.0.0.1:9001"
    assert address.mailbox_smtp_port == 9026


def test_clients_reach_treatment_where_the_other_parts_do_unless_it_is_said() -> None:
    ports = {"SYNERGIST_TREATMENT_PORT": "9002", "SYNERGIST_PUBLIC_URL": "https://visits.example"}
    assert Settings.read(ports).address.treatment_public_url == "http://127.0.0.1:9002"
    said = Settings.read(ports | {"SYNERGIST_TREATMENT_PUBLIC_URL": "https://care.example/"}).address
    assert said.treatment_public_url == "https://care.example"
    assert said.treatment_url == "http://127.0.0.1:9002"


def test_reads_the_parts_that_are_given() -> None:
    settings = Settings.read(
        {
            "SYNERGIST_TREATMENT_READER_URL": "postgresql://treatment_reader:pw@db.example/treatment",
            "SYNERGIST_SMTP_HOST": "mail.example",
            "SYNERGIST_SMTP_TLS": "starttls",
            "SYNERGIST_PUBLIC_URL": "https://visits.example/",
            "PATH": "/bin",
        }
    )
    assert settings.treatment.reader == "postgresql://treatment_reader:pw@db.example/treatment"
    assert settings.smtp == SmtpSettings(
        host="mail.example", port=25, user="", password="", security="starttls", sender=""
    )
    assert settings.address.public_url == "https://visits.example"


def test_reports_every_fault_in_one_message() -> None:
    with pytest.raises(SettingsFaulty) as raised:
        Settings.read(
            {
                "SYNERGIST_SCHEDULING_PROT": "8001",
                "SYNERGIST_TREATMENT_PORT": "eight thousand",
                "SYNERGIST_WEB_THREADS": "0",
                "SYNERGIST_WEB_PROXIES": "-1",
                "SYNERGIST_REDIS_URL": "mysql://somewhere",
                "SYNERGIST_ENVIRONMENT": "staging",
                "SYNERGIST_SMS_TOKEN_FILE": "/nowhere/at/all",
            },
            need=["SYNERGIST_BROKER_URL"],
        )
    assert set(raised.value.faults) == {
        "SYNERGIST_BROKER_URL",
        "SYNERGIST_ENVIRONMENT",
        "SYNERGIST_REDIS_URL",
        "SYNERGIST_SCHEDULING_PROT",
        "SYNERGIST_SMS_TOKEN_FILE",
        "SYNERGIST_TREATMENT_PORT",
        "SYNERGIST_WEB_PROXIES",
        "SYNERGIST_WEB_THREADS",
    }
    for name in raised.value.faults:
        assert name in str(raised.value)


@pytest.mark.parametrize(
    "value",
    ["", "8001", "redis://", "http://db/scheduling", "postgresql://db:port/scheduling", "postgresql:///scheduling"],
)
def test_refuses_a_database_address_it_could_not_use(value: str) -> None:
    with pytest.raises(SettingsFaulty, match="SYNERGIST_SCHEDULING_DATABASE_URL"):
        Settings.read(
            {"SYNERGIST_SCHEDULING_DATABASE_URL": value},
            need=["SYNERGIST_SCHEDULING_DATABASE_URL"],
        )


def test_a_fault_never_repeats_a_secret() -> None:
    with pytest.raises(SettingsFaulty) as raised:
        Settings.read({"SYNERGIST_REDIS_URL": "http://:hunter2@redis", "SYNERGIST_SMTP_PORT": "hunter2"})
    assert "hunter2" not in str(raised.value)


def test_takes_a_secret_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret\n")
    settings = Settings.read(
        {"SYNERGIST_SMS_URL": "https://sms.example", "SYNERGIST_SMS_TOKEN_FILE": str(tmp_path / "token")}
    )
    assert settings.sms is not None
    assert settings.sms.token == "secret"


def test_refuses_a_value_given_twice(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret")
    with pytest.raises(SettingsFaulty, match="contradicts SYNERGIST_SMS_TOKEN"):
        Settings.read({"SYNERGIST_SMS_TOKEN": "other", "SYNERGIST_SMS_TOKEN_FILE": str(tmp_path / "token")})


def test_an_empty_value_is_an_absent_one() -> None:
    assert Settings.read({"SYNERGIST_SCHEDULING_PORT": "", "SYNERGIST_SMTP_HOST": ""}) == Settings.read({})


def test_a_need_must_be_a_setting() -> None:
    with pytest.raises(ValueError, match="SYNERGIST_NOTHING"):
        Settings.read({}, need=["SYNERGIST_NOTHING"])


@pytest.mark.parametrize("name", VARIABLES)
def test_every_variable_is_read(name: str) -> None:
    """A variable that nobody reads would be accepted and ignored."""
    company = {
        "SYNERGIST_SMTP_HOST": "mail.example",
        "SYNERGIST_SMS_URL": "https://sms.example",
        "SYNERGIST_IMAP_HOST": "mail.example",
    }
    company.pop(name, None)
    without = repr(Settings.read(company))
    for value in (
        "7777",
        "postgresql://a/b",
        "redis://a",
        "https://a.example",
        "production",
        "starttls",
        "error",
        "7",
        "yes",
        "a@b",
        new_master_key("one"),
    ):
        try:
            if repr(Settings.read({**company, name: value})) != without:
                return
        except SettingsFaulty:
            continue
    pytest.fail(f"{name} changes nothing")
