"""What production refuses to start with, all at once and without a word of what was given."""

import json

import pytest

from shared.embedded.secrets import new_key
from shared.production import CHECKS, FROM_A_STANDARD, SHORTEST
from shared.settings import Settings, SettingsFaulty
from shared.variables import VARIABLES

SECRET = "dK3v-93hfQz_1pXw8sLm"
KEY = new_key()
GOOD = {
    "SYNERGIST_ENVIRONMENT": "production",
    "SYNERGIST_POSTGRES_URL": f"postgresql://postgres:{SECRET}@db:5432/postgres",
    "SYNERGIST_SCHEDULING_DATABASE_URL": f"postgresql://scheduling_api:{SECRET}@db:5432/scheduling",
    "SYNERGIST_REDIS_URL": f"redis://:{SECRET}@redis:6379/0",
    "SYNERGIST_BROKER_URL": f"rediss://synergist:{SECRET}@redis:6379/1",
    "SYNERGIST_ISSUER": "https://sign-in.demo.example",
    "SYNERGIST_CLIENT_SECRET": SECRET,
    "SYNERGIST_TREATMENT_CLIENT_SECRET": SECRET,
    "SYNERGIST_JWKS_URL": "https://sign-in.demo.example/jwks.json",
    "SYNERGIST_SERVICE_JWKS_URL": "file:///run/secrets/service_jwks",
    "SYNERGIST_SERVICE_KEY": KEY,
    "SYNERGIST_ANCHOR_KEY": KEY,
    "SYNERGIST_ANCHOR_JWKS_URL": "file:///run/secrets/anchor_jwks",
    "SYNERGIST_MASTER_KEYS": "one:3q2+7wEjRWeJq83vEjRWeJq83vEjRWeJq83vEjRWeJo=",
    "SYNERGIST_PUBLIC_URL": "https://visits.demo.example",
    "SYNERGIST_TREATMENT_PUBLIC_URL": "https://care.demo.example",
    "SYNERGIST_SCHEDULING_URL": "http://scheduling-api:8001",
    "SYNERGIST_SMS_URL": "https://sms.demo.example",
    "SYNERGIST_SMS_TOKEN": SECRET,
    "SYNERGIST_MAIL_HOOK_SECRET": SECRET,
    "SYNERGIST_SMTP_HOST": "mail.demo.example",
    "SYNERGIST_SMTP_PASSWORD": "Kiosk-7Rübe",
    "SYNERGIST_SMTP_TLS": "starttls",
    "SYNERGIST_IMAP_HOST": "mail.demo.example",
    "SYNERGIST_IMAP_PASSWORD": "Kiosk-7Rübe",
}
NOT_RANDOM = json.dumps(json.loads(KEY) | {"d": FROM_A_STANDARD})
BAD = [
    ("SYNERGIST_SCHEDULING_DATABASE_URL", "postgresql://scheduling_api@db/scheduling"),
    ("SYNERGIST_SCHEDULING_READER_URL", "postgresql://scheduling_reader:short@db/scheduling"),
    ("SYNERGIST_SCHEDULING_MIGRATE_URL", "postgresql://scheduling_owner:scheduling_owner@db/scheduling"),
    ("SYNERGIST_TREATMENT_DATABASE_URL", "postgresql://treatment_api:synergist-synergist@db/treatment"),
    ("SYNERGIST_TREATMENT_READER_URL", "postgresql://treatment_reader:aaaaaaaaaaaaaaaaaaaa@db/treatment"),
    ("SYNERGIST_TREATMENT_MIGRATE_URL", "postgresql://treatment_owner:Password12345678@db/treatment"),
    ("SYNERGIST_WORKERS_DATABASE_URL", "postgresql://workers_api:@db/workers"),
    ("SYNERGIST_WORKERS_MIGRATE_URL", "postgresql://:@db/workers"),
    ("SYNERGIST_POSTGRES_URL", "postgresql://postgres:postgres@db/postgres"),
    ("SYNERGIST_REDIS_URL", "redis://redis:6379/0"),
    ("SYNERGIST_BROKER_URL", "redis://:changeme@redis:6379/1"),
    ("SYNERGIST_ISSUER", "synergist"),
    ("SYNERGIST_ISSUER", "http://127.0.0.1:8003"),
    ("SYNERGIST_ISSUER_KEY", KEY),
    ("SYNERGIST_CLIENT_SECRET", "staff"),
    ("SYNERGIST_TREATMENT_CLIENT_SECRET", "staff"),
    ("SYNERGIST_JWKS_URL", "http://sign-in.demo.example/jwks.json"),
    ("SYNERGIST_SERVICE_JWKS_URL", "http://keys.demo.example/jwks.json"),
    ("SYNERGIST_SERVICE_KEY", "key"),
    ("SYNERGIST_SERVICE_KEY", "{}"),
    ("SYNERGIST_SERVICE_KEY", json.dumps(json.loads(KEY) | {"kid": ""})),
    ("SYNERGIST_SERVICE_KEY", NOT_RANDOM),
    ("SYNERGIST_ANCHOR_KEY", NOT_RANDOM),
    ("SYNERGIST_ANCHOR_JWKS_URL", "http://keys.demo.example/jwks.json"),
    ("SYNERGIST_PUBLIC_URL", "http://visits.demo.example"),
    ("SYNERGIST_TREATMENT_PUBLIC_URL", "http://care.demo.example"),
    ("SYNERGIST_SMS_URL", "http://sms.demo.example"),
    ("SYNERGIST_SMS_TOKEN", "secret"),
    ("SYNERGIST_MAIL_HOOK_SECRET", "changeme-changeme"),
    ("SYNERGIST_SMTP_PASSWORD", "password"),
    ("SYNERGIST_SMTP_TLS", "none"),
    ("SYNERGIST_IMAP_PASSWORD", "1234"),
    ("SYNERGIST_IMAP_TLS", "none"),
    ("SYNERGIST_LOG_LEVEL", "debug"),
]


def faults(environ: dict[str, str]) -> dict[str, str]:
    try:
        Settings.read(environ)
    except SettingsFaulty as error:
        return error.faults
    return {}


def test_takes_what_is_fit_for_it() -> None:
    assert Settings.read(GOOD).environment == "production"


@pytest.mark.parametrize(("name", "value"), BAD)
def test_refuses_what_only_development_may_have(name: str, value: str) -> None:
    assert set(faults(GOOD | {name: value})) == {name}
    assert len(value) < SHORTEST or value not in str(faults(GOOD | {name: value}))
    assert name not in faults(GOOD | {name: value, "SYNERGIST_ENVIRONMENT": "development"})


def test_names_all_faults_at_once() -> None:
    bad = dict(BAD)
    found = faults(GOOD | bad | {"FLASK_DEBUG": "1"})
    # the passwords are faulty themselves; that they would go without TLS as well is said of the setting for it
    assert set(found) == {*bad, "FLASK_DEBUG"}


@pytest.mark.parametrize("name", ["SYNERGIST_PUBLIC_URL", "SYNERGIST_TREATMENT_PUBLIC_URL", "SYNERGIST_ISSUER"])
def test_a_default_for_development_does_not_stand_in(name: str) -> None:
    without = {given: value for given, value in GOOD.items() if given != name}
    assert set(faults(without)) == {name}


def test_a_process_that_serves_nobody_needs_no_address_of_the_outside_world() -> None:
    assert faults({name: GOOD[name] for name in ("SYNERGIST_ENVIRONMENT", "SYNERGIST_BROKER_URL")}) == {}


def test_every_secret_is_looked_at() -> None:
    secret = {name for name, meaning in VARIABLES.items() if meaning.startswith("secret:")}
    secret -= {"SYNERGIST_MASTER_KEYS"}  # weak ones are refused wherever they are given
    secret |= {name for name in VARIABLES if name.endswith(("_DATABASE_URL", "_READER_URL", "_MIGRATE_URL"))}
    assert secret <= set(CHECKS)
    assert set(CHECKS) <= set(VARIABLES)
