"""Random histories with requests, the waitlist and series, on the memory adapters."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.support.appointments.memory_world import MemoryAppointmentsWorld
from tests.support.contracts.appointments.series_state_machine import SeriesStateMachine


def test_state_machine() -> None:
    with asyncio.Runner() as runner:

        class OverMemory(SeriesStateMachine):
            @staticmethod
            async def make_world() -> MemoryAppointmentsWorld:
                return MemoryAppointmentsWorld()

            @staticmethod
            def run(operation: Coroutine[Any, Any, Any]) -> Any:
                return runner.run(operation)

        run_state_machine_as_test(OverMemory, settings=settings(stateful_step_count=50))
