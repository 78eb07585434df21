"""Every use case is called in one form, so that whoever calls or writes one has nothing to look up."""

import inspect
from typing import Any, get_args, get_type_hints
from uuid import UUID

import attrs
import pytest

from entrypoints.use_case_registry import job_ids, use_case_classes
from portal_core.kernel.actor import Actor, Origin, VisitorActor
from portal_core.kernel.page import PageRequest

RULE = (
    "a use case takes the actor, then nothing, one id (`client_id: UUID`), or one frozen class of its own module: "
    "`command: <UseCase>Command` if it changes something, `query: <UseCase>Query` if it reads. Fields can be added to "
    "that class without changing a caller, and a job can be called with what is stored in the queue"
)
READS = ("Count", "Export", "Find", "Get", "List", "Open", "ReadCalendarFeed", "Search", "Watch")
"""How the names of the use cases begin that take a query."""


def deviation(kind: type[Any]) -> str:
    """What is wrong with the call of a use case, or nothing."""
    called = list(inspect.signature(kind.__call__).parameters.values())[1:]
    hints = get_type_hints(kind.__call__)
    if kind.__name__ == "Authenticate":  # it finds out who the actor is
        called = [inspect.Parameter("actor", called[0].kind), *called]
    elif kind.__name__ == "AddPractice":  # nobody can act for a practice before there is one
        if not called or hints[called[0].name] is not Origin:
            return "its first parameter is not an Origin"
    elif not called or called[0].name != "actor" or hints["actor"] not in (Actor, *get_args(Actor)):
        return "its first parameter is not the actor"
    if len(called) > 2:
        return "it takes more than one thing after the actor"
    if len(called) < 2:
        return ""
    argument, taken = called[1], hints[called[1].name]
    if taken is UUID:
        return "" if argument.name.endswith("_id") else "its id is not named as one"
    suffix = "Query" if kind.__name__.startswith(READS) else "Command"
    if (taken.__module__, taken.__name__) != (kind.__module__, kind.__name__ + suffix):
        return f"it takes {taken}, and not its own {suffix}"
    if argument.name != suffix.lower() or argument.default is not argument.empty:
        return f"its {suffix} is not named {suffix.lower()}, or may be omitted"
    fields = attrs.fields(taken)
    if len(fields) == 1 and get_type_hints(taken)[fields[0].name] is UUID:
        return "it wraps a lone id"
    return ""


@pytest.mark.parametrize("kind", use_case_classes().values(), ids=use_case_classes().keys())
def test_use_cases_are_called_in_one_form(kind: type[Any]) -> None:
    assert deviation(kind) == "", RULE


@attrs.frozen
class RenameToyCommand:
    toy_id: UUID


class RenameToy:
    """A use case; its call is one of those below."""


async def well(self: Any, actor: Actor, toy_id: UUID) -> None: ...
async def nobody(self: Any, toy_id: UUID) -> None: ...
async def someone(self: Any, actor: str) -> None: ...
async def two(self: Any, actor: VisitorActor, toy_id: UUID, version: int) -> None: ...
async def unnamed(self: Any, actor: Actor, toy: UUID) -> None: ...
async def foreign(self: Any, actor: Actor, page: PageRequest) -> None: ...
async def misnamed(self: Any, actor: Actor, data: RenameToyCommand) -> None: ...
async def wrapped(self: Any, actor: Actor, command: RenameToyCommand) -> None: ...


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (well, ""),
        (nobody, "its first parameter is not the actor"),
        (someone, "its first parameter is not the actor"),
        (two, "it takes more than one thing"),
        (unnamed, "its id is not named as one"),
        (foreign, "and not its own Command"),
        (misnamed, "its Command is not named command"),
        (wrapped, "it wraps a lone id"),
    ],
)
def test_deviations_are_reported(monkeypatch: pytest.MonkeyPatch, call: Any, words: str) -> None:
    monkeypatch.setattr(RenameToy, "__call__", call, raising=False)
    assert words in deviation(RenameToy)
    assert bool(words) == bool(deviation(RenameToy))


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("deliver_notice", {"notice_id"}),
        ("end_credential", {"account_id"}),
        ("offer_freed_slot", {"freed_slot_id"}),
        ("process_email_request", {"email_request_id"}),
        ("remove_account_feed", {"client_id"}),
        ("withdraw_disallowed_invitations", {"client_id"}),
        ("withdraw_excluded_invitations", {"account_id"}),
    ],
)
def test_stored_jobs_are_understood(name: str, ids: set[str]) -> None:
    """A queue holds jobs of the version before: another name needs a migration of `jobs.procrastinate_jobs`."""
    assert job_ids(use_case_classes()[name]) == ids
