"""Every setting once: type, unit, default and reason."""

import re
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from flask import current_app
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from werkzeug.local import LocalProxy

from newsletter.errors import PermanentError

#: Written by the all-in-one start, so that `flask …` in a second terminal finds the same service.
STANDALONE_ENV = Path("var/standalone.env")

_SITE = re.compile(r"https?://(\*\.)?[A-Za-z0-9.-]+(:\d{1,5})?")

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class UnusableSetting(PermanentError):
    """A missing or malformed setting; the text names it and says why."""


class Settings(BaseSettings):
    """What the environment decides, read once at start-up."""

    model_config = SettingsConfigDict(
        env_file_encoding="utf-8", extra="ignore", hide_input_in_errors=True, frozen=True
    )

    secret_key: str = Field(
        description="Signs links and sessions; at least 32 characters. Several, separated by "
        "commas, newest first: links signed by older keys stay valid. The last one also keys the "
        "hashes of suppressed addresses and encrypts DKIM keys, so keep it for good."
    )
    database_url: str = Field(
        default="sqlite:///var/newsletter.sqlite3",
        description="sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME",
    )
    redis_url: str = Field(
        default="redis://127.0.0.1:6379/0",
        description="redis://, rediss:// or unix:///PATH; queues and rate limits",
    )
    smtp_url: str = Field(
        default="",
        description="smtp://USER:PASSWORD@HOST:587?tls=starttls; several, separated by commas, "
        "take over from each other. Unset: mail is written to the outbox folder.",
    )
    base_url: str = Field(
        default="http://127.0.0.1:8000",
        description="public address of this service, without a slash at the end",
    )
    bounce_domain: str = Field(
        default="",
        description="domain of return paths and unsubscribe addresses; unset: the sender's own "
        "address takes bounces",
    )
    bounce_imap_url: str = Field(
        default="",
        description="imaps://USER:PASSWORD@HOST/INBOX?done=FOLDER: the mailbox that bounces come "
        "to; `done` takes what was read, without it that is deleted. Unset: none is read.",
    )
    ses_topics: str = Field(
        default="",
        description="TopicArns of Amazon SNS, separated by commas, whose messages of SES count",
    )
    postmark_webhook: str = Field(
        default="", description="USER:PASSWORD in the address of Postmark's webhooks"
    )
    mailgun_webhook_key: str = Field(default="", description="webhook signing key of Mailgun")
    sendgrid_webhook_key: str = Field(
        default="", description="verification key of SendGrid's signed event webhook"
    )
    resend_webhook_secret: str = Field(
        default="", description="signing secret of Resend's webhook; begins with whsec_"
    )
    log_level: str = Field(default="INFO", description=" | ".join(LOG_LEVELS))
    port: int = Field(default=8000, ge=1, le=65535, description="TCP port of `make run`")
    var_dir: Path = Field(
        default=Path("var"),
        description="folder of the embedded database, queue, outbox and pictures",
    )
    pictures_dir: str = Field(
        default="",
        description="folder of the articles' pictures, the same for web and workers; unset: "
        "`pictures` under VAR_DIR",
    )
    trusted_proxies: int = Field(
        default=0, ge=0, le=8, description="number of reverse proxies whose X-Forwarded-* count"
    )
    fetch_allow: str = Field(
        default="",
        description="hosts, addresses or networks, separated by commas, that feeds may come from "
        "although they are not public",
    )
    check_mail_domains: bool = Field(
        default=True,
        description="ask DNS whether the domain of a new reader's address takes mail",
    )
    scanner_networks: str = Field(
        default="",
        description="networks, separated by commas, whose clicks on counted links are a mail "
        "scanner's, such as 192.0.2.0/24",
    )
    box_sites: str = Field(
        default="*",
        description="sites whose pages may show the signup box in a frame, separated by spaces, "
        "such as https://www.example.org; *: any, empty: none",
    )
    sqlite_busy_seconds: float = Field(
        default=30.0, gt=0, description="seconds a writer waits for another on SQLite"
    )

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: str) -> str:
        if not value or any(len(key.strip()) < 32 for key in value.split(",")):
            raise ValueError("each key needs at least 32 characters")
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        for plain in ("postgres://", "postgresql://"):
            if value.startswith(plain):
                return "postgresql+psycopg://" + value.removeprefix(plain)
        if not value.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("expected sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME")
        return value

    @field_validator("redis_url")
    @classmethod
    def _known_queue(cls, value: str) -> str:
        if not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("expected redis://HOST:PORT/0, rediss://… or unix:///PATH")
        return value

    @field_validator("base_url")
    @classmethod
    def _public_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
            raise ValueError("expected an address such as https://news.example.org")
        return value.rstrip("/")

    @field_validator("bounce_imap_url")
    @classmethod
    def _known_mailbox(cls, value: str) -> str:
        parts = urlsplit(value)
        named = parts.hostname and parts.username and parts.password
        if value and not (parts.scheme in ("imap", "imaps") and named):
            raise ValueError("expected imaps://USER:PASSWORD@HOST/INBOX")
        return value

    @field_validator("postmark_webhook")
    @classmethod
    def _user_and_password(cls, value: str) -> str:
        user, _, password = value.partition(":")
        if value and (not user or len(password) < 16):
            raise ValueError("expected USER:PASSWORD, the password of at least 16 characters")
        return value

    @field_validator("box_sites")
    @classmethod
    def _known_sites(cls, value: str) -> str:
        sites = value.split()
        if not all(site == "*" or _SITE.fullmatch(site) for site in sites):
            raise ValueError("expected addresses such as https://www.example.org, without a path")
        return " ".join(sites)

    @field_validator("scanner_networks")
    @classmethod
    def _known_networks(cls, value: str) -> str:
        try:
            return ",".join(str(ip_network(one.strip())) for one in value.split(",") if one.strip())
        except ValueError:
            raise ValueError("expected networks such as 192.0.2.0/24") from None

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.upper() not in LOG_LEVELS:
            raise ValueError("expected one of " + ", ".join(LOG_LEVELS))
        return value.upper()

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """Signing keys, newest first."""
        return _split_keys(self.secret_key)

    @property
    def outbox_dir(self) -> Path:
        """Folder that takes the mail while no relay is set."""
        return self.var_dir / "outbox"

    @property
    def picture_folder(self) -> Path:
        """Folder of the articles' pictures as we serve them."""
        return Path(self.pictures_dir) if self.pictures_dir else self.var_dir / "pictures"

    @property
    def mail_goes_to_outbox(self) -> bool:
        """Whether no relay is set, so that no mail leaves this machine."""
        return not self.smtp_url

    @property
    def asks_for_mail_servers(self) -> bool:
        """Whether DNS is asked about new readers' addresses; not while no mail leaves anyway."""
        return self.check_mail_domains and not self.mail_goes_to_outbox

    @property
    def ses_topic_arns(self) -> tuple[str, ...]:
        """Topics whose messages count."""
        return tuple(part.strip() for part in self.ses_topics.split(",") if part.strip())

    @property
    def known_scanners(self) -> tuple[str, ...]:
        """Networks whose clicks are a mail scanner's."""
        return tuple(filter(None, self.scanner_networks.split(",")))

    @property
    def fetch_allowed(self) -> tuple[str, ...]:
        """Hosts, addresses and networks that feeds may come from although not public."""
        return tuple(part.strip() for part in self.fetch_allow.split(",") if part.strip())


@cache  # asked for several times a mail
def _split_keys(value: str) -> tuple[str, ...]:
    return tuple(key.strip() for key in value.split(","))


def load_settings(**overrides: Any) -> Settings:
    """Read the environment.

    Raises:
        UnusableSetting: one sentence naming the first missing or malformed setting.
    """
    env_file = STANDALONE_ENV if STANDALONE_ENV.exists() else None
    try:
        return Settings(_env_file=env_file, **overrides)
    except ValidationError as error:
        raise UnusableSetting(_first_problem(error)) from None


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    name = str(problem["loc"][0]).upper()
    if problem["type"] == "missing":
        return f"{name} is missing: {Settings.model_fields[name.lower()].description}"
    return f"{name} cannot be used: {problem['msg'].removeprefix('Value error, ')}."


#: The settings of the running application.
settings = cast(Settings, LocalProxy(lambda: current_app.extensions["settings"]))
