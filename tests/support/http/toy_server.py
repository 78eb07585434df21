"""The toy feature as granian loads it: `tests.support.http.toy_server:application`."""

from litestar import Litestar

from entrypoints.http.app import create_app
from entrypoints.observability.logs import configure_logging
from tests.support.http.toy_feature import toy_parts


def application() -> Litestar:
    configure_logging(json=True)
    return create_app(toy_parts())
