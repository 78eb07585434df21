"""Features react to each other through events only, and every event reaches its subscribers."""

import importlib
import pkgutil
from typing import Any, get_type_hints
from uuid import UUID

import attrs
import pytest

import portal_core
from entrypoints.jobs.events import SUBSCRIBERS
from entrypoints.use_case_registry import job_ids, use_case_classes
from portal_core.kernel.outbox import Event, event_ids, job_name


def events() -> set[type[Event]]:
    """All event classes of the core."""
    names = [one.name for one in pkgutil.walk_packages(portal_core.__path__, "portal_core.")]
    values = [value for name in names for value in vars(importlib.import_module(name)).values()]
    return {one for one in values if isinstance(one, type) and issubclass(one, Event)} - {Event}


def feature(kind: type[Any]) -> str:
    return kind.__module__.split(".")[1]


def test_every_event_is_in_the_table() -> None:
    assert set(SUBSCRIBERS) == events()


@pytest.mark.parametrize(("event", "subscriber"), [(one, each) for one, many in SUBSCRIBERS.items() for each in many])
def test_subscriber_is_a_use_case_of_another_feature_and_accepts_the_event_ids(
    event: type[Event], subscriber: type[Any]
) -> None:
    assert use_case_classes()[job_name(subscriber)] is subscriber
    assert feature(subscriber) != feature(event)
    assert job_ids(subscriber) <= {field.name for field in attrs.fields(event)}


@pytest.mark.parametrize("event", sorted(events(), key=str))
def test_events_hold_only_ids(event: type[Event]) -> None:
    assert set(get_type_hints(event).values()) <= {UUID, UUID | None}
    assert job_name(event) not in use_case_classes()


def test_unset_ids_are_omitted() -> None:
    @attrs.frozen
    class FormSigned(Event):
        form_id: UUID
        client_id: UUID | None = None

    assert event_ids(FormSigned(UUID(int=1))) == {"form_id": UUID(int=1)}
    assert job_name(FormSigned) == "form_signed"
