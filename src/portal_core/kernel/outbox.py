"""What leaves the system: jobs, events and notices, as rows written in the use case's own transaction.

Three calls, for three ways of going on after the commit:

- `defer` runs one use case of the same feature;
- `publish` announces that something happened; `entrypoints/jobs/events.py` lists the subscribers;
- `notify` sends a message to people, of a kind declared in `kernel/notices.py`.
"""

import re
from typing import Any, Protocol
from uuid import UUID

from attrs import asdict, frozen

from portal_core.kernel.notices import Notice


@frozen
class Event:
    """Something that happened, named in the past tense by a subclass in a feature's `events.py`.

    Its fields are ids. A subscriber's command takes those of them that it names, and the subscriber is left out of an
    event in which one of them is None.
    """


class Outbox(Protocol):
    """Jobs, events and notices, committed with the unit of work or not at all."""

    async def defer(self, job: type[Any], **ids: UUID) -> None:
        """Have the worker call the use case `job` with these ids, after the commit."""
        ...

    async def publish(self, event: Event) -> None:
        """Have the worker call every use case that subscribes to the event, after the commit."""
        ...

    async def notify(self, notice: Notice) -> None:
        """Have somebody told, after the commit."""
        ...


def event_ids(event: Event) -> dict[str, UUID]:
    """The ids of an event that are set, by field."""
    return {name: value for name, value in asdict(event).items() if value is not None}


def job_name(job: type[Any]) -> str:
    """The name under which the worker knows a use case or an event: its class's, in snake case."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", job.__name__).lower()
