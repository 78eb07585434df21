"""Structured logs that cannot contain client data: event names are constants, and only known keys with values of known
shape are logged.

    log = structlog.get_logger()
    log.info("job.finished", job="send_reminders", count=12)

Everything else is dropped: keys that are not in `SHAPES`, values of another shape, event names that are sentences.
Exceptions are logged as their classes and stack frames, never with their messages or values. Log lines of libraries
keep their logger name and code location but lose their text, unless the library is in `TRUSTED_LOGGERS`.
"""

import asyncio
import atexit
import logging
import re
import sys
import traceback
from collections.abc import Callable, MutableMapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO
from uuid import UUID

import msgspec
import structlog

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that the current task serves; empty outside a request."""

_SLUG = re.compile(r"[a-z][a-z0-9_.\-]{0,63}\Z")
_ID = re.compile(r"[A-Za-z0-9_\-]{1,64}\Z")
_ROUTE = re.compile(r"/[A-Za-z0-9_\-./{}:]{0,200}\Z")
_MODULE = re.compile(r"[a-z_][a-z0-9_]{0,40}(\.[a-z_][a-z0-9_]{0,40}){0,8}\Z")
_CLASS = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}\Z")
_PLACE = re.compile(r"[A-Za-z0-9_.<>]{1,200}:\d{1,6}\Z")

Shape = Callable[[Any], bool]


def _matches(pattern: re.Pattern[str]) -> Shape:
    return lambda value: isinstance(value, str) and pattern.match(value) is not None


def _number(value: Any) -> bool:
    return isinstance(value, int | float)


def _uuid(value: Any) -> bool:
    return isinstance(value, UUID)


def _each(shape: Shape) -> Shape:
    return lambda value: isinstance(value, list | tuple) and all(shape(item) for item in value)


SHAPES: dict[str, Shape] = {
    "event": _matches(_SLUG),
    "level": _matches(_SLUG),
    "logger": _matches(_MODULE),
    "timestamp": _matches(re.compile(r"[0-9T:.\-Z+]{1,40}\Z")),
    "message": _matches(re.compile(r"[^\x00-\x1f]{1,300}\Z")),
    "request_id": _matches(_ID),
    "practice_id": _uuid,
    "account_id": _uuid,
    "job_id": _number,
    "notice_id": _uuid,
    "method": _matches(re.compile(r"[A-Za-z]{1,16}\Z")),
    "route": _matches(_ROUTE),
    "status": _number,
    "ms": _number,
    "code": _matches(_SLUG),
    "job": _matches(_SLUG),
    "task": _matches(_MODULE),
    "queue": _matches(_SLUG),
    "kind": _matches(_SLUG),
    "part": _matches(_SLUG),
    "channel": _matches(_SLUG),
    "outcome": _matches(_SLUG),
    "version": _matches(re.compile(r"\d[0-9a-z.+]{0,20}\Z")),
    "port": _number,
    "pid": _number,
    "count": _number,
    "attempt": _number,
    "seconds": _number,
    "error": _each(_matches(_CLASS)),
    "frames": _each(_matches(_PLACE)),
}
"""Every key that a log line may have, and the shape of its value. Add new keys here; never bypass this. `message` is
set for libraries in `TRUSTED_LOGGERS` only."""

TRUSTED_LOGGERS = frozenset({"_granian", "granian"})
"""Libraries whose log messages were reviewed and reveal nothing about requests."""

MAX_CACHED_HEADS = 2048
MAX_CAUSES = 8

Event = MutableMapping[str, Any]


class AccessLog:
    """Logs one line for each request, with the same keys and shapes as other lines, at a tenth of structlog's cost.

    As JSON, or as text for people.

    Lines are buffered for a quarter of a second, because a system call per request would cost more than the line
    itself. Errors are not logged here.
    """

    def __init__(self) -> None:
        self._out: TextIO | None = None
        self._json = True
        self._lines: list[str] = []
        self._heads: dict[tuple[str, str], str] = {}
        atexit.register(self.flush)

    def write_to(self, out: TextIO | None, *, json: bool = True) -> None:
        """Set the stream and form of future lines; None drops them."""
        self.flush()
        self._out = out
        self._json = json

    def line(self, method: str, route: str, status: int, seconds: float, request_id: str, address: str) -> None:
        """Log one request. Must be called inside a running event loop."""
        if self._out is None:
            return
        if not self._json:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            self._add(f"{now} {method} {route} {status} {seconds * 1000:.1f} ms {address} {request_id}\n")
            return
        head = self._heads.get((method, route)) or self._head(method, route)
        identity = f',"request_id":"{request_id}"' if SHAPES["request_id"](request_id) else ""
        identity += f',"address":"{address}"' if address else ""
        now = datetime.now(UTC).isoformat()
        self._add(f'{head}{status},"ms":{seconds * 1000:.1f}{identity},"timestamp":"{now}"}}\n')

    def _add(self, line: str) -> None:
        self._lines.append(line)
        if len(self._lines) == 1:
            asyncio.get_running_loop().call_later(0.25, self.flush)

    def flush(self) -> None:
        """Write the buffered lines."""
        lines, self._lines = self._lines, []
        if lines and self._out is not None and not self._out.closed:
            self._out.write("".join(lines))
            self._out.flush()

    def _head(self, method: str, route: str) -> str:
        known = f',"method":"{method}"' if SHAPES["method"](method) else ""
        known += f',"route":"{route}"' if SHAPES["route"](route) else ""
        head = f'{{"event":"request","level":"info"{known},"status":'
        if len(self._heads) < MAX_CACHED_HEADS:
            self._heads[method, route] = head
        return head


ACCESS = AccessLog()
"""The process's access log. It drops all lines until `configure_logging` is called."""


def describe_error(error: BaseException) -> dict[str, list[str]]:
    """Describe an exception without its message.

    `error` lists the classes from the raised exception to its root cause; `frames` the last stack frames of each, as
    `module.function:line`.
    """
    chain = [error]
    while len(chain) < MAX_CAUSES and (cause := _cause(chain[-1])) is not None:
        chain.append(cause)
    frames = [place for link in chain for place in _frames(link)[-6:]]
    return {"error": [type(link).__name__ for link in chain], "frames": list(dict.fromkeys(frames))}


def _cause(error: BaseException) -> BaseException | None:
    if isinstance(error, BaseExceptionGroup):
        return error.exceptions[0]
    return error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _frames(error: BaseException) -> list[str]:
    frames = traceback.walk_tb(error.__traceback__)
    return [f"{frame.f_globals.get('__name__', 'unknown')}.{frame.f_code.co_name}:{line}" for frame, line in frames]


def _with_error(_: object, __: str, event: Event) -> Event:
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    elif isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event.update(describe_error(error))
    return event


def _with_request_id(_: object, __: str, event: Event) -> Event:
    event["request_id"] = REQUEST_ID.get()
    return event


def drop_unknown_fields(_: object, __: str, event: Event) -> Event:
    """Drop keys and values that `SHAPES` does not allow."""
    if not SHAPES["event"](event.get("event")):
        event["event"] = "unnamed"
    for key in [key for key, value in event.items() if key not in SHAPES or not SHAPES[key](value)]:
        del event[key]
    return event


def _drop_message(_: object, __: str, event: Event) -> Event:
    event.pop("message", None)
    return event


def _from_library(_: object, __: str, event: Event) -> Event:
    """Convert a library's log line: keep its logger and code location, and its text only for trusted loggers."""
    record: logging.LogRecord = event["_record"]
    if record.name.partition(".")[0] in TRUSTED_LOGGERS:
        event["message"] = str(event["event"])
    event["event"] = "library"
    event["logger"] = record.name
    event["frames"] = [f"{record.module}.{record.funcName}:{record.lineno}"]
    return event


def configure_logging(*, json: bool = True, level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Set up structlog, and the standard library's logging through it: one JSON object per line, or text for people."""
    out = stream or sys.stderr
    render: Any = (
        structlog.processors.JSONRenderer(
            serializer=lambda event, **_: msgspec.json.encode(event, enc_hook=str).decode()
        )
        if json
        else structlog.dev.ConsoleRenderer(colors=out.isatty())
    )
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    common: list[Any] = [structlog.processors.add_log_level, stamp, _with_request_id, _with_error]
    structlog.configure(
        processors=[*common, _drop_message, drop_unknown_fields, render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # The stream of the moment, since a program may replace sys.stderr after this.
        logger_factory=lambda *_: structlog.PrintLogger(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=common,
            processors=[_from_library, _with_error, drop_unknown_fields, render],
        )
    )
    ACCESS.write_to(out, json=json)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(level, logging.INFO))
    for name in ("granian", "_granian", "granian.access"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
