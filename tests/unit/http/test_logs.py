"""Logs hold no personal data."""

import io
import json
import logging
from typing import Any
from uuid import UUID

import pytest
import structlog

from entrypoints.observability.logs import ACCESS, REQUEST_ID, SHAPES, configure_logging, describe_error

CANARIES = [
    "Ada Lovelace",
    "ada@example.org",
    "eyJhbGciOi.J9.x",
    "(518) 5550100",
    "I feel hopeless",
    "2hW9-token value",
]


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.mark.parametrize("canary", CANARIES)
def test_log_keys_never_leak_personal_data(logged: io.StringIO, canary: str) -> None:
    log = structlog.get_logger()
    for key in {*SHAPES, "name", "email", "token", "answer", "detail", "client_id", "exception", "stack"} - {"event"}:
        log.info("thing.happened", **{key: canary})
        log.info("thing.happened", **{key: [canary]})
        log.info("thing.happened", **{key: {"x": canary}})
    log.info(f"saw {canary}")
    log.bind(name=canary).warning("thing.happened")
    assert canary not in logged.getvalue()
    assert canary.split()[0] not in logged.getvalue()
    assert {line["event"] for line in lines(logged)} == {"thing.happened", "unnamed"}


@pytest.mark.parametrize("canary", CANARIES)
def test_exceptions_are_logged_without_messages(logged: io.StringIO, canary: str) -> None:
    secret = canary
    try:
        try:
            raise KeyError(secret)
        except KeyError as error:
            raise RuntimeError(f"for {secret}") from error
    except RuntimeError:
        structlog.get_logger().exception("thing.failed")
        logging.getLogger("asyncpg").exception("could not do %s", secret)
    assert canary not in logged.getvalue()
    ours, theirs = lines(logged)
    assert ours["error"] == theirs["error"] == ["RuntimeError", "KeyError"]
    assert ours["frames"][0].startswith("tests.unit.http.test_logs.test_exceptions_are_logged")
    assert theirs["logger"] == "asyncpg"


def test_allowed_fields_are_logged(logged: io.StringIO) -> None:
    practice = UUID(int=7)
    structlog.get_logger().info("job.finished", job="send_reminders", count=12, practice_id=practice)
    (line,) = lines(logged)
    assert line["job"] == "send_reminders"
    assert line["count"] == 12
    assert line["practice_id"] == str(practice)
    assert line["level"] == "info"


def test_lines_within_a_request_carry_its_id(logged: io.StringIO) -> None:
    token = REQUEST_ID.set("abc-123")
    structlog.get_logger().info("thing.happened")
    REQUEST_ID.reset(token)
    structlog.get_logger().info("thing.happened")
    assert [line.get("request_id") for line in lines(logged)] == ["abc-123", None]


def test_library_log_text_is_dropped_unless_reviewed(logged: io.StringIO) -> None:
    logging.getLogger("procrastinate.worker").info("canary %s", "canary")
    logging.getLogger("_granian").info("Listening at: http://127.0.0.1:8000")
    first, second = lines(logged)
    assert first["logger"] == "procrastinate.worker"
    assert "message" not in first
    assert second["message"] == "Listening at: http://127.0.0.1:8000"
    assert "canary" not in logged.getvalue()


async def test_console_format() -> None:
    out = io.StringIO()
    root = logging.getLogger()
    before = root.handlers, root.level
    try:
        configure_logging(json=False, stream=out)
        structlog.get_logger().warning("part.down", part="mail", name="Ada Lovelace")
        ACCESS.line("GET", "/health/live", 200, 0.0123, "request-1", "203.0.113.7")
        ACCESS.flush()
    finally:
        ACCESS.write_to(None)
        structlog.reset_defaults()
        root.handlers, root.level = before
    assert "GET /health/live 200 12.3 ms 203.0.113.7 request-1\n" in out.getvalue()
    assert "part.down" in out.getvalue()
    assert "mail" in out.getvalue()
    assert "Ada" not in out.getvalue()


def test_long_exception_chains_are_truncated() -> None:
    error: BaseException = ValueError()
    for _ in range(50):
        outer = ValueError()
        outer.__cause__ = error
        error = outer
    assert len(describe_error(error)["error"]) == 8
