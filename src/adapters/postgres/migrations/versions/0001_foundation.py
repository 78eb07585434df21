"""Foundation: every table of the first release, and the jobs' schema."""

from importlib.resources import files
from typing import Any

from alembic import op

from adapters.postgres.tables import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    metadata.create_all(connection)
    op.execute("CREATE SCHEMA jobs")
    driver: Any = connection.connection.driver_connection
    driver.execute("SET LOCAL search_path = jobs, public")
    driver.execute(files("procrastinate").joinpath("sql/schema.sql").read_text())
    driver.execute("SET LOCAL search_path = public")
