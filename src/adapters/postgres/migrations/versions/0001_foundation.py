"""All tables of the first release, and the schema of the job queue."""

from importlib.resources import files
from pathlib import Path
from typing import Any

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    driver: Any = connection.connection.driver_connection
    driver.execute(Path(__file__).with_suffix(".sql").read_text())
    op.execute("CREATE SCHEMA jobs")
    driver.execute("SET LOCAL search_path = jobs, public")
    driver.execute(files("procrastinate").joinpath("sql/schema.sql").read_text())
    driver.execute("SET LOCAL search_path = public")
