"""Settings, read once from the environment; every name that an operator may set is in this file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

from agency.domain.master_keys import split_keys
from agency.domain.outbound import NOTHING_MORE, Allowance, read_allowance

DEMO_APP_KEY = "fake-app-key"
DEMO_APP_SECRET = "fake-app-secret"  # noqa: S105 - the simulator's published test value


class BadSetting(ValueError):
    """A setting that cannot be used; the message names it and the remedy."""


SHORTEST_TOKEN = 24


@dataclass(frozen=True)
class Settings:
    """What the program was told. URLs of the outside have no trailing slash; `simulator` starts and feeds our own."""

    data_dir: Path
    port: int = 8000
    host: str = "127.0.0.1"
    database_url: str | None = field(default=None, repr=False)
    redis_url: str | None = field(default=None, repr=False)
    simulator: bool = True
    tiktok_api_url: str = "https://open-api.tiktokglobalshop.com"
    tiktok_auth_url: str = "https://auth.tiktok-shops.com"
    tiktok_authorize_url: str = "https://services.us.tiktokshop.com/open/authorize"
    tiktok_app_key: str = DEMO_APP_KEY
    tiktok_app_secret: str = field(default=DEMO_APP_SECRET, repr=False)
    tiktok_service_id: str = ""
    public_url: str = ""
    master_key: str = field(default="", repr=False)  # the newest, then older ones, with commas
    clock_origin: datetime | None = None
    clock_epoch: datetime | None = None
    clock_rate: float = 1.0
    outside_timeout: float = 20.0
    lane_lease: float = 60.0
    dispatcher_tick: float = 0.2
    workers: int = 2
    tiktok_calls_per_second: float = 20.0  # for each shop and kind of call
    secure_cookies: bool = False
    outbound_allow: Allowance = NOTHING_MORE
    proxies: int = 0
    web_workers: int = 2
    log_level: str = "WARNING"
    # Other amounts for budgets of web/limits.py, by "word.by"; tests set them, no environment variable does.
    limits: Mapping[str, str] = field(default_factory=dict)
    smtp_url: str = field(default="", repr=False)
    mail_from: str = "Shopfleet <shopfleet@localhost>"
    sign_up: bool = False
    metrics_token: str = field(default="", repr=False)  # empty: there is no /metrics

    @property
    def outbox_dir(self) -> Path:
        """Where mails land while no SMTP_URL is set."""
        return self.data_dir / "outbox"

    @property
    def link_base(self) -> str:
        """What the links in mails begin with; never taken from a request, whose Host header anybody can write."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 - compared, not bound
        return self.public_url or f"http://{host}:{self.port}"


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Builds Settings from environment variables. Raises BadSetting, naming the variable and the remedy."""
    env = os.environ if environ is None else environ
    data_dir = Path(env.get("SHOPFLEET_DATA") or Path.cwd() / "var").absolute()
    simulator = env.get("SIMULATOR", "on").lower() not in ("off", "0", "no", "false")
    settings = Settings(
        data_dir=data_dir,
        port=_number(env, "PORT", 8000),
        host=env.get("HOST", "127.0.0.1"),
        database_url=env.get("DATABASE_URL") or None,
        redis_url=env.get("REDIS_URL") or None,
        simulator=simulator,
        tiktok_api_url=_url(env, "TIKTOK_API_URL", Settings.tiktok_api_url),
        tiktok_auth_url=_url(env, "TIKTOK_AUTH_URL", Settings.tiktok_auth_url),
        tiktok_authorize_url=_url(env, "TIKTOK_AUTHORIZE_URL", Settings.tiktok_authorize_url),
        tiktok_app_key=env.get("TIKTOK_APP_KEY", DEMO_APP_KEY),
        tiktok_app_secret=env.get("TIKTOK_APP_SECRET", DEMO_APP_SECRET),
        tiktok_service_id=env.get("TIKTOK_SERVICE_ID", ""),
        public_url=_url(env, "PUBLIC_URL", "") if env.get("PUBLIC_URL") else "",
        master_key=_master_keys(env),
        clock_origin=_moment(env, "CLOCK_ORIGIN"),
        clock_epoch=_moment(env, "CLOCK_EPOCH"),
        clock_rate=_decimal(env, "CLOCK_RATE", 1.0),
        outside_timeout=_decimal(env, "OUTSIDE_TIMEOUT", 20.0),
        lane_lease=_decimal(env, "LANE_LEASE", 60.0),
        dispatcher_tick=_decimal(env, "DISPATCHER_TICK", 0.2),
        workers=_number(env, "WORKERS", 2),
        tiktok_calls_per_second=_decimal(env, "TIKTOK_CALLS_PER_SECOND", 20.0),
        secure_cookies=_secure_cookies(env),
        outbound_allow=_allowance(env),
        proxies=_number(env, "PROXIES", 0),
        web_workers=_number(env, "WEB_WORKERS", 2),
        log_level=_level(env),
        smtp_url=_smtp_url(env),
        mail_from=_mail_from(env),
        sign_up=_switch(env, "SIGN_UP", simulator),
        metrics_token=_metrics_token(env),
    )
    if not simulator and settings.tiktok_app_secret == DEMO_APP_SECRET:
        raise BadSetting(
            "SIMULATOR is off but TIKTOK_APP_SECRET is not set; take it from your app in Partner Center."
        )
    return settings


def _master_keys(env: Mapping[str, str]) -> str:
    key, file, older = (
        env.get(name, "") for name in ("SHOPFLEET_KEY", "SHOPFLEET_KEY_FILE", "SHOPFLEET_OLD_KEYS")
    )
    if key and file:
        raise BadSetting("SHOPFLEET_KEY and SHOPFLEET_KEY_FILE are both set; unset one of them.")
    if older and not key and not file:
        raise BadSetting(
            "SHOPFLEET_OLD_KEYS is set without SHOPFLEET_KEY or SHOPFLEET_KEY_FILE, the newest key."
        )
    newest = read_key_file(Path(file), "SHOPFLEET_KEY_FILE") if file else _keys("SHOPFLEET_KEY", key)
    every = ",".join(part for part in (newest, _keys("SHOPFLEET_OLD_KEYS", older)) if part)
    return ",".join(split_keys(every)) if every else ""


def read_key_file(path: Path, name: str) -> str:
    """The keys of a private file, one a line, newest first; `name` is what to call it in a message.

    Raises BadSetting when the file is missing, when group or others may read or change it, or when a line is no key.
    """
    try:
        with path.open() as opened:
            mode, lines = os.fstat(opened.fileno()).st_mode, opened.read().split()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"{name}: {path} cannot be read ({type(error).__name__}).") from error
    if mode & 0o077:
        raise BadSetting(f"{name}: {path} is open to group or others; run `chmod 600 {path}`.")
    if not lines:
        raise BadSetting(f"{name}: {path} is empty; it needs one master key a line, the newest first.")
    return _keys(name, ",".join(lines))


def _keys(name: str, text: str) -> str:
    try:
        return ",".join(split_keys(text)) if text else ""
    except ValueError as error:
        raise BadSetting(f"{name}: {error}.") from None


def _allowance(env: Mapping[str, str]) -> Allowance:
    try:
        return read_allowance(env.get("OUTBOUND_ALLOW", ""))
    except ValueError as error:
        raise BadSetting(f"OUTBOUND_ALLOW: {error}. Write entries with commas between them.") from error


def _secure_cookies(env: Mapping[str, str]) -> bool:
    """What was said; unsaid, whether people come by https."""
    said = env.get("SECURE_COOKIES", "").lower()
    return said in ("on", "1", "yes", "true") if said else env.get("PUBLIC_URL", "").startswith("https://")


def _level(env: Mapping[str, str]) -> str:
    level = env.get("LOG_LEVEL", "WARNING").upper()
    if level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise BadSetting("LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR.")
    return level


def _switch(env: Mapping[str, str], name: str, default: bool) -> bool:
    word = env.get(name, "").lower()
    if word not in ("", "on", "1", "yes", "true", "off", "0", "no", "false"):
        raise BadSetting(f"{name} must be on or off.")
    return word in ("on", "1", "yes", "true") if word else default


def _smtp_url(env: Mapping[str, str]) -> str:
    """Never repeats the value, which holds a password."""
    url = env.get("SMTP_URL", "")
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("smtp", "smtps") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    if not fine:
        raise BadSetting("SMTP_URL must read smtp://user:password@host:587 or smtps://user:password@host.")
    if not env.get("MAIL_FROM"):
        raise BadSetting("SMTP_URL is set but MAIL_FROM is not; say whose address the mails carry.")
    return url


def _mail_from(env: Mapping[str, str]) -> str:
    sender = env.get("MAIL_FROM") or Settings.mail_from
    if "@" not in parseaddr(sender)[1] or not sender.isprintable():
        raise BadSetting("MAIL_FROM must be an address, or a name with one: Shopfleet <mail@example.test>.")
    return sender


def _metrics_token(env: Mapping[str, str]) -> str:
    """Never repeats the value."""
    token = env.get("METRICS_TOKEN", "")
    if token and (len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable()):
        raise BadSetting(
            f"METRICS_TOKEN needs at least {SHORTEST_TOKEN} plain characters, as `openssl rand -hex 32` makes."
        )
    return token


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, "")
    if not text:
        return default
    try:
        value = int(text)
    except ValueError as error:
        raise BadSetting(f"{name} must be a whole number, not {text!r}.") from error
    if value < 0:
        raise BadSetting(f"{name} must not be negative.")
    return value


def _decimal(env: Mapping[str, str], name: str, default: float) -> float:
    text = env.get(name, "")
    try:
        value = float(text) if text else default
    except ValueError as error:
        raise BadSetting(f"{name} must be a number, not {text!r}.") from error
    if value <= 0:
        raise BadSetting(f"{name} must be above zero.")
    return value


def _moment(env: Mapping[str, str], name: str) -> datetime | None:
    text = env.get(name, "")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadSetting(f"{name} must be an ISO time such as 2026-11-23T08:00:00+00:00.") from error
    if moment.tzinfo is None:
        raise BadSetting(f"{name} needs a time zone, for example +00:00 at its end.")
    return moment


def _url(env: Mapping[str, str], name: str, default: str) -> str:
    value = env.get(name) or default
    if not value.startswith(("http://", "https://")):
        raise BadSetting(f"{name} must start with http:// or https://.")
    return value.rstrip("/")
