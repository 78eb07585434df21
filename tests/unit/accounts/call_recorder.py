"""Records which ports a use case calls, in order, so that tests can show that two callers cost the same."""

from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager
from inspect import iscoroutinefunction
from typing import Any

from attrs import fields

from tests.unit.accounts.use_cases import AccountUseCases

_PORTS = ("limits", "codes", "passwords", "second_factors")
_REPOSITORIES = (
    "account_rules",
    "accounts",
    "audit",
    "challenges",
    "email_requests",
    "outbox",
    "people",
    "second_factors",
    "sessions",
    "sign_in_guards",
)


class _RecordingProxy:
    """Forwards every call and records its name."""

    def __init__(self, name: str, real: Any, calls: list[str]) -> None:
        self._name, self._real, self._calls = name, real, calls

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(self._real, attribute)
        if attribute in _REPOSITORIES:
            return _RecordingProxy(attribute, found, self._calls)
        if not iscoroutinefunction(found):
            return found

        async def called(*args: Any, **more: Any) -> Any:
            self._calls.append(f"{self._name}.{attribute}")
            return await found(*args, **more)

        return called


@contextmanager
def record_calls(use_cases: AccountUseCases) -> Iterator[list[str]]:
    """The calls that the use cases make inside the block."""
    calls: list[str] = []
    begin = use_cases.world.begin

    @asynccontextmanager
    async def watched_begin(actor: Any) -> Any:
        calls.append("begin")
        async with begin(actor) as unit:
            yield _RecordingProxy("unit", unit, calls)

    names = [a.name for a in fields(AccountUseCases)]
    targets = [value for value in (getattr(use_cases, name) for name in names) if hasattr(value, "begin")]
    changed: list[tuple[Any, str, Any]] = []
    for use_case in targets:
        for name in ("begin", *_PORTS):
            if hasattr(use_case, name):
                real = getattr(use_case, name)
                stand_in = watched_begin if name == "begin" else _RecordingProxy(name, real, calls)
                changed.append((use_case, name, real))
                object.__setattr__(use_case, name, stand_in)
    try:
        yield calls
    finally:
        for use_case, name, real in changed:
            object.__setattr__(use_case, name, real)
