"""The server as `portal serve` runs it, with less patience for slow bodies (`python -m` runs this module)."""

from attrs import evolve

from entrypoints import application
from entrypoints.http.dependencies import HttpSettings
from entrypoints.server import serve
from entrypoints.settings import Settings, load

GRACE_SECONDS = 2.0
_http_settings = application.http_settings


def _impatient(settings: Settings) -> HttpSettings:
    return evolve(_http_settings(settings), body_grace_seconds=GRACE_SECONDS)


if __name__ == "__main__":
    application.http_settings = _impatient
    serve(load())
