"""Random histories of appointments on the memory adapters."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.support.appointments.memory_world import MemoryAppointmentsWorld
from tests.support.contracts.appointments.state_machine import AppointmentsStateMachine


@pytest.mark.timeout(3600)  # `nox -s deep` runs a thousand histories.
def test_state_machine() -> None:
    loop = asyncio.new_event_loop()

    class OverMemory(AppointmentsStateMachine):
        @staticmethod
        async def make_world() -> MemoryAppointmentsWorld:
            return MemoryAppointmentsWorld()

        @staticmethod
        def run(operation: Coroutine[Any, Any, Any]) -> Any:
            return loop.run_until_complete(operation)

    try:
        run_state_machine_as_test(OverMemory, settings=settings(stateful_step_count=50))
    finally:
        loop.close()
