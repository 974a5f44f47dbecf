"""Settings are read once, at the entry point, from the environment alone; all faults are reported in one message.

Every variable NAME may instead be given as NAME_FILE, the path of a file that holds the value (a mounted secret).
An unknown SYNERGIST_* variable is a fault: a misspelt setting must not be a silent default. A value that is absent
and has no default is the empty string; what a process cannot do without, it names in `need`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self, cast, get_args
from urllib.parse import urlsplit

from environs import Env, EnvValidationError, ValidationError, validate

from shared.master_keys import MasterKeys
from shared.production import faults_in_production
from shared.variables import PREFIX, VARIABLES

Environment = Literal["development", "production"]
SmtpSecurity = Literal["none", "starttls", "tls"]
ImapSecurity = Literal["tls", "starttls", "none"]

LONGEST_REPLY_NAME = 18
"""Letters before the @ of the address for replies; the reference takes the others that a mailbox may have."""


class SettingsFaulty(Exception):
    """The settings cannot be used; `faults` names each variable with what is wrong about it."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        self.faults = dict(faults)
        lines = [f"  {name}: {fault}" for name, fault in sorted(self.faults.items())]
        super().__init__("\n".join(["The settings cannot be used:", *lines]))


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSettings:
    """One database by three roles, as libpq URLs: the service's own, the reader of all chains, the owner."""

    api: str
    reader: str
    migrate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisSettings:
    """`retained` is how many events each stream keeps for consumers that were away."""

    url: str
    broker_url: str
    retained: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressSettings:
    """Where the parts listen (`bind` and ports) and where others find them (URLs without a slash at the end)."""

    bind: str
    scheduling_port: int
    treatment_port: int
    mailbox_port: int
    mailbox_smtp_port: int
    mailbox_imap_port: int
    issuer_port: int
    health_port: int | None
    scheduling_url: str
    treatment_url: str
    public_url: str
    treatment_public_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthSettings:
    """The issuer for all chains, our clients there (scheduling's and treatment's), and the keys of our own services."""

    issuer: str
    jwks_url: str
    client_id: str
    client_secret: str
    treatment_client_id: str
    treatment_client_secret: str
    service_jwks_url: str
    service_key: str
    issuer_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorSettings:
    """With what, where to and how often the heads of the logs are signed, and the public keys to check it with."""

    key: str
    jwks_url: str
    file: Path
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    host: str
    port: int
    user: str
    password: str
    security: SmtpSecurity
    sender: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsSettings:
    url: str
    account: str
    token: str
    sender: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapSettings:
    """The mailbox in which clients' answers arrive."""

    host: str
    port: int
    user: str
    password: str
    security: ImapSecurity
    folder: str
    poll_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplySettings:
    """Where clients may answer: an address that is read (empty: none), and whether their SMS are passed on to us."""

    address: str
    sms: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HookSettings:
    """What providers sign with when they call us; empty: they are not listened to."""

    sms_token: str
    mail_secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """`proxies` is how many proxies of ours a request has passed, each of which named the address before it."""

    workers: int
    threads: int
    proxies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RateSettings:
    """How much one person, one chain, one internet address, one link and one provider's address may ask.

    `searches_per_day`: how often one person may look in the whole chain for somebody they know by an exact identifier.
    `reports_per_hour`: how many caseload reports and restatements one person may have made.
    """

    user_per_second: int
    chain_per_second: int
    address_per_minute: int
    link_per_minute: int
    hook_per_minute: int
    searches_per_day: int
    reports_per_hour: int
    chain_reports_per_hour: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    environment: Environment
    folder: Path
    postgres_url: str
    scheduling: DatabaseSettings
    treatment: DatabaseSettings
    workers: DatabaseSettings
    redis: RedisSettings
    address: AddressSettings
    auth: AuthSettings
    master_keys: MasterKeys | None
    anchors: AnchorSettings
    smtp: SmtpSettings | None
    sms: SmsSettings | None
    hooks: HookSettings
    imap: ImapSettings | None
    replies: ReplySettings
    web: WebSettings
    rates: RateSettings
    log_level: str
    tick_seconds: float

    @classmethod
    def read(cls, environ: Mapping[str, str], need: Collection[str] = ()) -> Self:
        """The settings in `environ`; `need` names the variables that must not be absent.

        Raises SettingsFaulty with every fault at once.
        """
        values, faults = resolve_files(environ)
        faults |= {name: "is not a setting of Synergist" for name in values if name not in VARIABLES}
        if unknown := set(need) - set(VARIABLES):
            raise ValueError(f"needs settings that do not exist: {sorted(unknown)}")
        faults |= {name: f"is needed here: {VARIABLES[name]}" for name in need if name not in values}
        if values.get("SYNERGIST_ENVIRONMENT") == "production":
            debugging = environ.get("FLASK_DEBUG", "") not in {"", "0", "false", "no"}
            faults = faults_in_production(values, debugging=debugging) | faults
        env = _Variables(values)
        settings = cls._from(env)
        try:
            env.seal()
        except EnvValidationError as error:
            messages = cast(Mapping[str, list[str]], error.error_messages)
            faults = {name: " ".join(said) for name, said in messages.items()} | faults
        if faults:
            raise SettingsFaulty(faults)
        return settings

    @classmethod
    def _from(cls, env: Env) -> Self:
        address = _address(env)
        return cls(
            environment=cast(Environment, _choice(env, "ENVIRONMENT", *get_args(Environment))),
            folder=Path(env.str("FOLDER", ".synergist")).absolute(),
            postgres_url=_url(env, "POSTGRES_URL", "postgresql"),
            scheduling=_database(env, "SCHEDULING"),
            treatment=_database(env, "TREATMENT"),
            workers=_database(env, "WORKERS", reader=False),
            redis=RedisSettings(
                url=_url(env, "REDIS_URL", "redis", "rediss"),
                broker_url=_url(env, "BROKER_URL", "redis", "rediss"),
                retained=env.int("REDIS_RETAINED_EVENTS", 10_000, validate=validate.Range(1, 10_000_000)),
            ),
            address=address,
            auth=AuthSettings(
                issuer=env.str("ISSUER", "synergist"),
                jwks_url=_url(env, "JWKS_URL", "https", "http", "file"),
                client_id=env.str("CLIENT_ID", "synergist-staff"),
                client_secret=env.str("CLIENT_SECRET", ""),
                treatment_client_id=env.str("TREATMENT_CLIENT_ID", "synergist-treatment"),
                treatment_client_secret=env.str("TREATMENT_CLIENT_SECRET", ""),
                service_jwks_url=_url(env, "SERVICE_JWKS_URL", "https", "http", "file"),
                service_key=env.str("SERVICE_KEY", ""),
                issuer_key=env.str("ISSUER_KEY", ""),
            ),
            master_keys=_master_keys(env),
            anchors=_anchors(env),
            smtp=_smtp(env),
            sms=_sms(env),
            hooks=HookSettings(sms_token=env.str("SMS_TOKEN", ""), mail_secret=env.str("MAIL_HOOK_SECRET", "")),
            imap=_imap(env),
            replies=ReplySettings(address=_reply_address(env), sms=_choice(env, "SMS_REPLIES", "no", "yes") == "yes"),
            web=WebSettings(
                workers=env.int("WEB_WORKERS", 1, validate=validate.Range(1, 256)),
                threads=env.int("WEB_THREADS", 8, validate=validate.Range(1, 256)),
                proxies=env.int("WEB_PROXIES", 0, validate=validate.Range(0, 10)),
            ),
            rates=RateSettings(
                user_per_second=_rate(env, "USER_PER_SECOND", 200),
                chain_per_second=_rate(env, "CHAIN_PER_SECOND", 2000),
                address_per_minute=_rate(env, "ADDRESS_PER_MINUTE", 60),
                link_per_minute=_rate(env, "LINK_PER_MINUTE", 60),
                hook_per_minute=_rate(env, "HOOK_PER_MINUTE", 6000),
                searches_per_day=_rate(env, "SEARCHES_PER_DAY", 60),
                reports_per_hour=_rate(env, "REPORTS_PER_HOUR", 60),
                chain_reports_per_hour=_rate(env, "CHAIN_REPORTS_PER_HOUR", 300),
            ),
            log_level=_choice(env, "LOG_LEVEL", "info", "debug", "warning", "error"),
            tick_seconds=env.float("TICK_SECONDS", 5.0, validate=validate.Range(0.1, 60)),
        )


def resolve_files(environ: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The SYNERGIST_* variables with every NAME_FILE replaced by what its file says, and the faults met on the way.

    An empty value counts as absent, as compose files write it.
    """
    values: dict[str, str] = {}
    faults: dict[str, str] = {}
    for given, value in environ.items():
        if not given.startswith(PREFIX) or not value:
            continue
        name = given.removesuffix("_FILE")
        if given == name:
            values[name] = value
        elif environ.get(name):
            faults[given] = f"contradicts {name}: give one of them"
        else:
            try:
                values[name] = Path(value).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                faults[given] = f"cannot be read ({error})"
                values[name] = ""
    return values, faults


class _Variables(Env):
    """Reads from the mapping given, and collects faults instead of raising the first."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(eager=False, prefix=PREFIX)
        self._values_given = {name: value for name, value in values.items() if value}

    def _get_value(self, env_key: str, default: object) -> object:
        return self._values_given.get(env_key, default)


def _address(env: Env) -> AddressSettings:
    scheduling = _port(env, "SCHEDULING_PORT", 8001)
    treatment = _port(env, "TREATMENT_PORT", 8002)
    mailbox = _port(env, "MAILBOX_PORT", 8025)
    scheduling_url = _base(env, "SCHEDULING_URL", f"http://127.0.0.1:{scheduling}")
    treatment_url = _base(env, "TREATMENT_URL", f"http://127.0.0.1:{treatment}")
    health = _port(env, "HEALTH_PORT", 0)
    return AddressSettings(
        bind=env.str("BIND", "127.0.0.1"),
        scheduling_port=scheduling,
        treatment_port=treatment,
        mailbox_port=mailbox,
        mailbox_smtp_port=_port(env, "MAILBOX_SMTP_PORT", (mailbox or 0) + 1),
        mailbox_imap_port=_port(env, "MAILBOX_IMAP_PORT", (mailbox or 0) + 2),
        issuer_port=_port(env, "ISSUER_PORT", 8003),
        health_port=health or None,
        scheduling_url=scheduling_url,
        treatment_url=treatment_url,
        public_url=_base(env, "PUBLIC_URL", scheduling_url),
        treatment_public_url=_base(env, "TREATMENT_PUBLIC_URL", treatment_url),
    )


def _database(env: Env, part: str, *, reader: bool = True) -> DatabaseSettings:
    return DatabaseSettings(
        api=_url(env, f"{part}_DATABASE_URL", "postgresql"),
        reader=_url(env, f"{part}_READER_URL", "postgresql") if reader else "",
        migrate=_url(env, f"{part}_MIGRATE_URL", "postgresql"),
    )


def _master_keys(env: Env) -> MasterKeys | None:
    parsed: list[MasterKeys] = []

    def check(value: str) -> None:
        try:
            parsed.append(MasterKeys.parse(value))
        except ValueError as error:
            raise ValidationError(f"cannot be used: {error}") from None

    env.str("MASTER_KEYS", "", validate=lambda value: check(value) if value else None)
    return parsed[0] if parsed else None


def _anchors(env: Env) -> AnchorSettings:
    beside = Path(env.str("FOLDER", ".synergist")) / "anchors.jws"
    return AnchorSettings(
        key=env.str("ANCHOR_KEY", ""),
        jwks_url=_url(env, "ANCHOR_JWKS_URL", "https", "http", "file"),
        file=Path(env.str("ANCHOR_PATH", str(beside))).absolute(),
        seconds=env.float("ANCHOR_SECONDS", 120.0, validate=validate.Range(0.1, 3600)),
    )


def _smtp(env: Env) -> SmtpSettings | None:
    smtp = SmtpSettings(
        host=env.str("SMTP_HOST", ""),
        port=_port(env, "SMTP_PORT", 25),
        user=env.str("SMTP_USER", ""),
        password=env.str("SMTP_PASSWORD", ""),
        security=cast(SmtpSecurity, _choice(env, "SMTP_TLS", *get_args(SmtpSecurity))),
        sender=env.str("SMTP_SENDER", ""),
    )
    return smtp if smtp.host else None


def _sms(env: Env) -> SmsSettings | None:
    sms = SmsSettings(
        url=_base(env, "SMS_URL", ""),
        account=env.str("SMS_ACCOUNT", ""),
        token=env.str("SMS_TOKEN", ""),
        sender=env.str("SMS_SENDER", ""),
    )
    return sms if sms.url else None


def _imap(env: Env) -> ImapSettings | None:
    imap = ImapSettings(
        host=env.str("IMAP_HOST", ""),
        port=_port(env, "IMAP_PORT", 993),
        user=env.str("IMAP_USER", ""),
        password=env.str("IMAP_PASSWORD", ""),
        security=cast(ImapSecurity, _choice(env, "IMAP_TLS", *get_args(ImapSecurity))),
        folder=env.str("IMAP_FOLDER", "INBOX"),
        poll_seconds=env.float("IMAP_POLL_SECONDS", 15.0, validate=validate.Range(0.1, 600)),
    )
    return imap if imap.host else None


def _reply_address(env: Env) -> str:
    def check(value: str) -> None:
        name, _, domain = value.rpartition("@")
        usable = name.isascii() and domain.isascii() and name.isprintable() and domain and "+" not in name
        if not usable or any(sign in value for sign in ' ,;<>"') or not 0 < len(name) <= LONGEST_REPLY_NAME:
            raise ValidationError(f"is not an address with at most {LONGEST_REPLY_NAME} letters before its @")

    return env.str("REPLY_ADDRESS", "", validate=lambda value: check(value) if value else None)


def _rate(env: Env, name: str, default: int) -> int:
    return env.int(f"RATE_{name}", default, validate=validate.Range(1, 1_000_000))


def _port(env: Env, name: str, default: int) -> int:
    return env.int(name, default, validate=validate.Range(1, 65535))


def _url(env: Env, name: str, *schemes: str) -> str:
    def check(value: str) -> None:
        try:
            parts = urlsplit(value)
            usable = parts.scheme in schemes and (bool(parts.hostname) or parts.scheme == "file")
            _ = parts.port
        except ValueError:
            usable = False
        if not usable:
            raise ValidationError(f"is not an address that begins with {' or '.join(f'{s}://' for s in schemes)}")

    return env.str(name, "", validate=check)


def _base(env: Env, name: str, default: str) -> str:
    return (_url(env, name, "https", "http") or default).rstrip("/")


def _choice(env: Env, name: str, default: str, *others: str) -> str:
    one_of = validate.OneOf((default, *others), error="must be one of: {choices}.")
    return env.str(name, default, validate=one_of)
