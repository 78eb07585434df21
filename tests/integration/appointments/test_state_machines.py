"""Random histories of appointments on PostgreSQL against the reference model; a new practice for each."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import psycopg
import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from adapters.postgres.engine.pool import open_pool
from tests.support.appointments.postgres_world import PostgresAppointmentsWorld
from tests.support.contracts.appointments.series_state_machine import SeriesStateMachine
from tests.support.contracts.appointments.state_machine import AppointmentsStateMachine
from tests.support.engine.clusters import Cluster
from tests.support.engine.postgres import APP, WORKER, PortalDatabase

# A history takes about a second here, so only a few are run; the memory adapters run many.
FEW = settings(max_examples=8 if settings().max_examples < 1000 else 300, stateful_step_count=25)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("machine", [AppointmentsStateMachine, SeriesStateMachine])
def test_state_machine(cluster: Cluster, database_name: str, machine: type[AppointmentsStateMachine]) -> None:
    with asyncio.Runner() as runner, psycopg.connect(cluster.dsn(database=database_name), autocommit=True) as owner:
        dsn, worker = cluster.dsn(APP, database_name), cluster.dsn(WORKER, database_name)
        pool = runner.run(open_pool(dsn, min_size=1, max_size=2))
        database = PortalDatabase(owner, dsn, worker, pool)

        class OverPostgres(machine):  # type: ignore[misc,valid-type]  # the class is a parameter
            @staticmethod
            async def make_world() -> PostgresAppointmentsWorld:
                return await PostgresAppointmentsWorld.create(database)

            @staticmethod
            def run(operation: Coroutine[Any, Any, Any]) -> Any:
                return runner.run(operation)

        try:
            run_state_machine_as_test(OverPostgres, settings=FEW)
        finally:
            runner.run(pool.close())
