"""What granian loads in each of its workers: `entrypoints.server:application`."""

import os
from typing import Any

from entrypoints.application import Application
from entrypoints.observability.logs import configure_logging
from entrypoints.processes import die_with_parent
from entrypoints.settings import level_of, load

PARENT = "PORTAL_PARENT_PID"
APP_URL = "PORTAL_RUNNING_DATABASE_URL"


def application() -> Any:
    """The ASGI application of this worker process, which ends with the process that started it."""
    settings = load()
    die_with_parent(int(os.environ[PARENT]))
    configure_logging(json=settings.log_format == "json", level=level_of(settings))
    return Application(settings, os.environ[APP_URL])
