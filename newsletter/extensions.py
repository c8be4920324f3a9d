"""Bare extension objects, bound to the application in `create_app`."""

from typing import TYPE_CHECKING, cast

from flask import current_app, request
from flask_limiter import Limiter
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from redis import Redis
from werkzeug.local import LocalProxy

from newsletter.database import Base

db = SQLAlchemy(model_class=Base)

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model

migrate = Migrate(render_as_batch=True)
csrf = CSRFProtect()

#: Redis of the running application.
redis = cast("Redis", LocalProxy(lambda: current_app.extensions["redis"]))


def network_of_request() -> str:
    """Return the client's network, /24 or /64: one household or office, the unit of limits."""
    from ipaddress import ip_network

    address = request.remote_addr or "0.0.0.0"  # noqa: S104 - nothing listens on it
    prefix = 64 if ":" in address else 24
    return str(ip_network(f"{address}/{prefix}", strict=False))


limiter = Limiter(key_func=network_of_request)
