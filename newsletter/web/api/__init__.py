"""The public API for programs of publishers: /api/v1/, described by /api/v1/openapi.json."""

from newsletter.web.api.blueprint import blueprint

__all__ = ["blueprint"]
