"""Create the table of goals."""

from alembic import op

from adapters.postgres.goals.tables import goals

<<<<<<<< HEAD:docs/examples/goals/src/adapters/postgres/migrations/versions/0031_goals.py
revision = "0031"
down_revision = "0030"
========
revision = "0033"
down_revision = "0032"
>>>>>>>> attacks:docs/examples/goals/src/adapters/postgres/migrations/versions/0033_goals.py
branch_labels = None
depends_on = None


def upgrade() -> None:
    goals.create(op.get_bind(), checkfirst=True)
