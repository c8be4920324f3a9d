"""The addresses of the application, with something in each of their gaps."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, Rule

from newsletter.web.access import Audience, declared_access

READING = frozenset({"GET", "HEAD"})


def rules_for(
    app: Flask, audience: Audience, values: Mapping[str, Any] | None = None
) -> Iterator[tuple[Rule, str, list[str]]]:
    """Yield each rule for `audience`, an address of it, and the methods that its view takes.

    Args:
        values: what to put into a gap, by `endpoint:argument`; else 1 or "some".
    """
    for rule in app.url_map.iter_rules():
        access = declared_access(app, rule.endpoint)
        if access and access.audience is audience:
            yield (
                rule,
                _address(app, rule, values or {}),
                sorted((rule.methods or set()) - {"OPTIONS"}),
            )


def _address(app: Flask, rule: Rule, values: Mapping[str, Any]) -> str:
    gaps = {
        name: values.get(f"{rule.endpoint}:{name}", _filler(rule, name)) for name in rule.arguments
    }
    with app.test_request_context():
        adapter = app.url_map.bind("localhost")
        return adapter.build(rule.endpoint, gaps, method=next(iter(rule.methods or {"GET"})))


def _filler(rule: Rule, name: str) -> Any:
    return 1 if isinstance(rule._converters[name], IntegerConverter) else "some"
