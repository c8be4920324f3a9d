"""Commands about settings: what each is, and where its value comes from."""

import os
import re
from typing import Any

import click
from dotenv import dotenv_values
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from newsletter.commands.output import CommandGroup, json_option, print_json
from newsletter.config import STANDALONE_ENV, Settings, settings

config = CommandGroup("config", help="Settings, read from the environment at start-up.")

#: Whatever stands between the scheme and the host of a URL, or behind password=, stays unseen.
_CREDENTIALS = re.compile(r"(?<=://)\S+(?=@)|(?<=password=)[^&\s]+", re.IGNORECASE)
_SECRETS = frozenset(
    {"postmark_webhook", "mailgun_webhook_key", "sendgrid_webhook_key", "resend_webhook_secret"}
)
_NEXT_URL = re.compile(r",(?=\s*[a-z+]+://)")
_UNITS = {"port": "TCP port", "trusted_proxies": "proxies"}
_TYPES = {
    "bool": "true or false",
    "str": "text",
    "int": "whole number",
    "float": "number",
    "Path": "folder",
}


@config.command("show")
@json_option
def show(as_json: bool) -> None:
    """List every setting: type, unit, default, what it is for, its value and its origin.

    Secrets are masked.
    """
    rows = [_described(name, field) for name, field in Settings.model_fields.items()]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        unit = f", {row['unit']}" if row["unit"] else ""
        default = "required" if row["required"] else f"default {row['default'] or '(empty)'}"
        click.echo(f"{row['name']} = {row['value'] or '(empty)'}")
        click.echo(f"    from {row['from']}; {row['type']}{unit}; {default}")
        click.echo(f"    {row['description']}")


def _described(name: str, field: FieldInfo) -> dict[str, Any]:
    required = field.default is PydanticUndefined
    return {
        "name": name.upper(),
        "value": masked(name, str(getattr(settings, name))),
        "from": _origin(name),
        "type": _TYPES.get(getattr(field.annotation, "__name__", ""), "text"),
        "unit": "seconds" if name.endswith("_seconds") else _UNITS.get(name, ""),
        "required": required,
        "default": None if required else str(field.default),
        "description": field.description or "",
    }


def masked(name: str, value: str) -> str:
    """Return a value without what must not be read over a shoulder."""
    if name in _SECRETS:
        return "set, not shown" if value else ""
    if name == "secret_key":
        keys = value.split(",")
        return f"{'one key' if len(keys) == 1 else f'{len(keys)} keys'}, not shown"
    return ",".join(_CREDENTIALS.sub("…", url) for url in _NEXT_URL.split(value))


def _origin(name: str) -> str:
    if any(key.casefold() == name for key in os.environ):
        return "the environment"
    kept = dotenv_values(STANDALONE_ENV) if STANDALONE_ENV.exists() else {}
    if any(key.casefold() == name for key in kept):
        return str(STANDALONE_ENV)
    return "its default"
