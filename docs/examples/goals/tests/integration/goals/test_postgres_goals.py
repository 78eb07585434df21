"""The PostgreSQL adapter fulfills the contract of goals, with encryption and row-level security."""

from uuid import UUID

import pytest_asyncio
from attrs import define

from adapters.postgres.engine.scope import begin_transaction_sql
from portal_core.goals.model import Goal
from tests.support.contracts.goals.goals import GoalsContract, GoalsWorld
from tests.support.engine.postgres import PortalDatabase


@define
class PostgresGoalsWorld(GoalsWorld):
    database: PortalDatabase
    practice_id: UUID
    ann: UUID
    bob: UUID

    def __attrs_post_init__(self) -> None:
        self.begin, self.clock = self.database.begin, self.database.clock

    async def audit(self) -> list[str]:
        rows = self.database.owner.execute(
            "SELECT action FROM portal.audit_entries WHERE practice_id = %s", (self.practice_id,)
        )
        return sorted(row[0] for row in rows)


@pytest_asyncio.fixture
async def world(shared_database: PortalDatabase) -> PostgresGoalsWorld:
    practice_id = await shared_database.practice()
    ann, bob = await shared_database.client(practice_id), await shared_database.client(practice_id)
    return PostgresGoalsWorld(shared_database, practice_id, ann, bob)


class TestPostgresGoals(GoalsContract):
    async def test_the_title_is_sealed(self, world: PostgresGoalsWorld, goal: Goal) -> None:
        await world.add(world.as_client(world.ann), goal)
        row = world.database.owner.execute("SELECT title FROM portal.goals WHERE id = %s", (goal.id,)).fetchone()
        assert row is not None
        assert goal.title.encode() not in bytes(row[0])

    async def test_row_level_security_hides_other_clients_goals(self, world: PostgresGoalsWorld, goal: Goal) -> None:
        await world.add(world.as_client(world.ann), goal)
        async with world.database.pool.acquire() as connection:
            for client_id, visible in ((world.ann, 1), (world.bob, 0)):
                await connection.execute(begin_transaction_sql(world.as_client(client_id)))
                assert await connection.fetchval("SELECT count(*) FROM portal.goals") == visible
                await connection.execute("ROLLBACK")
