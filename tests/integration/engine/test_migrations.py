"""The migrations build exactly what the table definitions state; migrating again changes nothing."""

from typing import Any

import psycopg
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from adapters.postgres.engine.installation import drop_installation
from adapters.postgres.engine.metadata import metadata
from adapters.postgres.engine.migrate import migrate
from tests.support.engine.clusters import Cluster, drop_database, fresh_database, template_database
from tests.support.engine.postgres import FIRST_DAY, migrate_template

CATALOGUES = {
    "columns": """
        SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name
        FROM information_schema.columns WHERE table_schema = 'portal'""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'portal'",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'portal'::regnamespace""",
}
_NOT_OF_THE_METADATA = ("alembic_version", "audit_entries_2")


def _described(dsn: str) -> dict[str, list[Any]]:
    with psycopg.connect(dsn) as connection:
        return {
            name: sorted(
                row
                for row in connection.execute(query).fetchall()
                if not str(row[0]).removeprefix("portal.").startswith(_NOT_OF_THE_METADATA)
            )
            for name, query in CATALOGUES.items()
        }


def test_revisions_match_the_table_definitions(cluster: Cluster) -> None:
    by_revisions = fresh_database(cluster, template_database(cluster, "migrate_template", migrate_template))
    by_metadata = fresh_database(cluster)
    engine = create_engine(make_url(cluster.dsn(database=by_metadata)).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(text("CREATE EXTENSION btree_gist"))
        connection.execute(text("CREATE SCHEMA portal"))
        metadata.create_all(connection)
    engine.dispose()
    try:
        assert _described(cluster.dsn(database=by_revisions)) == _described(cluster.dsn(database=by_metadata))
    finally:
        drop_database(cluster, by_revisions)
        drop_database(cluster, by_metadata)


def test_migrating_again_changes_nothing(cluster: Cluster) -> None:
    name = fresh_database(cluster, template_database(cluster, "migrate_template", migrate_template))
    dsn = cluster.dsn(database=name)
    before = _described(dsn)
    assert migrate(dsn, FIRST_DAY) == []
    assert _described(dsn) == before
    drop_database(cluster, name)


def test_portal_is_dropped_only_if_no_other_practice_exists(cluster: Cluster) -> None:
    name = fresh_database(cluster, template_database(cluster, "migrate_template", migrate_template))
    dsn = cluster.dsn(database=name)
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute(
            "INSERT INTO portal.practices (id, slug, name, time_zone, hosts, settings, created_at)"
            " SELECT gen_random_uuid(), slug, slug, 'UTC', '{}', '{}', now() FROM unnest(ARRAY['elm', 'oak']) AS slug"
        )
        assert not drop_installation("elm", dsn)
        assert owner.execute("SELECT count(*) FROM portal.practices").fetchone() == (2,)
        owner.execute("DELETE FROM portal.practices WHERE slug = 'oak'")
        assert drop_installation("elm", dsn)
        assert owner.execute("SELECT to_regnamespace('portal'), to_regnamespace('jobs')").fetchone() == (None, None)
    assert drop_installation("elm", dsn)
    drop_database(cluster, name)
