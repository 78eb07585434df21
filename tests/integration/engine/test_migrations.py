"""The migrations build exactly what the table definitions state; migrating again changes nothing."""

from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from psycopg.types.json import Jsonb
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from adapters.postgres import migrations
from adapters.postgres.engine.base_unit import PostgresBegin
from adapters.postgres.engine.installation import drop_installation
from adapters.postgres.engine.keys import RecordKeys
from adapters.postgres.engine.metadata import metadata
from adapters.postgres.engine.migrate import APP_ROLE, migrate
from adapters.postgres.engine.pool import open_pool
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from portal_core.accounts.settings import AccountSettings, OidcSettings
from portal_core.appointments.scheduling.deadlines import CalendarDays
from portal_core.appointments.scheduling.durations import AppointmentTiming
from portal_core.appointments.settings import AppointmentSettings
from portal_core.kernel.actor import SystemActor
from portal_core.kernel.money import Money
from portal_core.kernel.settings import Versioned
from portal_core.notifications.branding import BrandingSettings
from portal_core.people.search import search_words, sort_name
from tests.support.clock import FixedClock
from tests.support.engine.clusters import Cluster, drop_database, fresh_database, template_database
from tests.support.engine.postgres import FIRST_DAY, CountingMasterKey, RandomIds, migrate_template

search_words_migration: Any = import_module("adapters.postgres.migrations.versions.0020_search_words")
more_search_words_migration: Any = import_module("adapters.postgres.migrations.versions.0031_more_search_words")

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


SETTINGS_AT_0005 = {
    "accounts": {
        "min_password_length": 15,
        "clients_need_second_factor": True,
        "idle_for": 300.0,
        "session_for": 3600.0,
        "access_for": 600.0,
    },
    "oidc": {"issuer": "https://a.example", "audience": "portal", "jwks_url": "https://a.example/jwks"},
    "appointments": {
        "cancel_notice": {"days": 2},
        "late_cancel": "fee",
        "late_fee": {"amount": 5000, "currency": "EUR"},
        "self_booking": False,
        "hold_for": 300.0,
        "holds_per_client": 1,
        "requests_per_client": 4,
        "waitlist_per_client": 5,
        "offer_for": 3600.0,
        "calendar_title": "Meeting",
    },
    "notifications": {"neutral_name": "Office", "portal_url": "https://portal.elm.example/start"},
}
HALF_AT_0005 = {
    "accounts": {},
    "oidc": {"issuer": "https://a.example"},
    "appointments": "odd",
    "notifications": {"neutral_name": "", "portal_url": "https://"},
}
LOOSE_AT_0005 = {
    "oidc": {"issuer": "http://a.example", "audience": "portal", "jwks_url": "https://a.example/jwks"},
    "notifications": {"portal_url": "https://exa mple.org"},
}
TIMING_AT_0005 = {
    "kind_id": str(UUID(int=9)),
    "duration": 3000.0,
    "buffer_before": 0.0,
    "buffer_after": 600.0,
    "slot_step": None,
    "minimum_notice": 7200.0,
    "maximum_advance_days": 30,
}


def _upgraded_to(dsn: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    engine = create_engine(make_url(dsn).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA portal"))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


async def test_settings_survive_the_move_to_tables_of_their_features(cluster: Cluster) -> None:
    name, whole, half, loose = fresh_database(cluster), uuid4(), uuid4(), uuid4()
    dsn = cluster.dsn(database=name)
    _upgraded_to(dsn, "0005")
    with psycopg.connect(dsn, autocommit=True) as owner:
        for practice, settings in ((whole, SETTINGS_AT_0005), (half, HALF_AT_0005), (loose, LOOSE_AT_0005)):
            owner.execute(
                "INSERT INTO portal.practices (id, slug, name, zone, hosts, settings, created_at, version)"
                " VALUES (%s, %s, 'Elm Street', 'America/New_York', '{}', %s, now(), 7)",
                (practice, f"p{practice.hex}", Jsonb(settings)),
            )
        owner.execute(
            "INSERT INTO portal.appointment_kinds (practice_id, id, name, timing, seats, online, active)"
            " VALUES (%s, %s, 'Session', %s, 1, true, true)",
            (whole, UUID(int=9), Jsonb(TIMING_AT_0005)),
        )
    assert migrate(dsn, FIRST_DAY)
    pool = await open_pool(cluster.dsn(APP_ROLE, name), min_size=1, max_size=1)
    keys = RecordKeys(CountingMasterKey(), FixedClock())
    with psycopg.connect(dsn, autocommit=True) as owner:
        for practice in (whole, half, loose):
            wrapped, master = await keys.make_practice_key(practice)
            owner.execute(
                "INSERT INTO portal.practice_keys (practice_id, wrapped, master_key, made_at)"
                " VALUES (%s, %s, %s, now())",
                (practice, wrapped, master),
            )
    begin = PostgresBegin(pool, keys, FixedClock(), RandomIds(), PostgresUnitOfWork)
    async with begin(SystemActor(whole, "test")) as unit:
        assert await unit.account_settings.get() == Versioned(
            AccountSettings(
                min_password_length=15,
                client_second_factor_required=True,
                idle_timeout=timedelta(minutes=5),
                session_lifetime=timedelta(hours=1),
                access_token_lifetime=timedelta(minutes=10),
            ),
            1,
        )
        assert await unit.oidc_settings.get() == Versioned(OidcSettings(**SETTINGS_AT_0005["oidc"]), 1)
        assert await unit.appointment_settings.get() == Versioned(
            AppointmentSettings(
                cancel_notice=CalendarDays(2),
                late_cancel="fee",
                late_cancel_fee=Money(50_00, "EUR"),
                self_booking=False,
                hold_duration=timedelta(minutes=5),
                max_holds_per_client=1,
                max_requests_per_client=4,
                max_waitlist_entries_per_client=5,
                offer_duration=timedelta(hours=1),
                calendar_title="Meeting",
            ),
            1,
        )
        branding = BrandingSettings(neutral_name="Office", portal_url="https://portal.elm.example/start")
        assert await unit.branding_settings.get() == Versioned(branding, 1)
        [appointment_type] = (await unit.directory.for_practice()).appointment_types.values()
        assert appointment_type.timing == AppointmentTiming(
            appointment_type_id=UUID(int=9),
            duration=timedelta(minutes=50),
            buffer_after=timedelta(minutes=10),
            min_notice=timedelta(hours=2),
            max_advance_days=30,
        )
    for practice in (half, loose):
        async with begin(SystemActor(practice, "test")) as unit:
            assert (await unit.account_settings.get()).value == AccountSettings()
            assert (await unit.oidc_settings.get()).value == OidcSettings()
            assert (await unit.appointment_settings.get()).value == AppointmentSettings()
            assert (await unit.branding_settings.get()).value == BrandingSettings()
    await pool.close()
    drop_database(cluster, name)


def test_appointments_at_a_location_get_a_room(cluster: Cluster) -> None:
    name = fresh_database(cluster)
    dsn = cluster.dsn(database=name)
    _upgraded_to(dsn, "0010")
    with psycopg.connect(dsn, autocommit=True) as owner:
        # Without foreign keys, here and in the connection that migrates.
        owner.execute("SET session_replication_role = replica")
        owner.execute(f'ALTER DATABASE "{name}" SET session_replication_role = replica')
        for room in ("", "", "known"):
            owner.execute(
                "INSERT INTO portal.appointments (practice_id, id, clinician_id, appointment_type_id, starts_at,"
                " ends_at, time_zone, attending, booked_at, changed_at, shared, status, room, sequence)"
                " SELECT x, gen_random_uuid(), x, x, now(), now() + interval '1 hour', 'UTC', 1, now(), now(), false,"
                " 'booked', %s, 0 FROM gen_random_uuid() AS x",
                (room,),
            )
        migrate(dsn, FIRST_DAY)
        rooms = sorted(one for (one,) in owner.execute("SELECT room FROM portal.appointments"))
    assert len(set(rooms)) == 3
    assert sorted(map(len, rooms)) == [5, 64, 64]
    drop_database(cluster, name)


def _words_of(family: str, *more: str | None) -> tuple[str, ...]:
    return search_words(("Ann", family), "+15185550100", date(1990, 5, 17), *more)


def test_clients_of_before_are_found_by_search(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_words_migration, "BATCH", 2)
    monkeypatch.setattr(more_search_words_migration, "BATCH", 1)
    name, practice = fresh_database(cluster), uuid4()
    dsn = cluster.dsn(database=name)
    _upgraded_to(dsn, search_words_migration.down_revision)
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute(
            "INSERT INTO portal.practices (id, slug, name, time_zone, hosts, created_at)"
            " VALUES (%s, 'elm', 'Elm Street', 'UTC', '{}', now())",
            (practice,),
        )
        families = ["D’Angelo", "Ångström", "Destroyed", "Łuk", "Lee"]
        ids = {"Lee": ("K-17", "lee@example.org"), "Łuk": (None, "luk@example.org"), "Destroyed": ("K-18", None)}
        for family in families:
            owner.execute(
                "INSERT INTO portal.clients (practice_id, id, given_name, family_name, sort_name, date_of_birth, phone,"
                " status, created_at, external_id, email)"
                " VALUES (%s, %s, 'Ann', %s, lower(%s), '1990-05-17', '+15185550100', 'active', now(), %s, %s)",
                (practice, uuid4(), family, family, *ids.get(family, (None, None))),
            )
        owner.execute(
            "INSERT INTO portal.client_keys (practice_id, client_id, wrapped, made_at)"
            " SELECT practice_id, id, '', now() FROM portal.clients WHERE family_name <> 'Destroyed'"
        )
        migrate(dsn, FIRST_DAY)
        names = owner.execute("SELECT sort_name FROM portal.clients ORDER BY sort_name").fetchall()
        assert names == [("angstrom ann",), ("dangelo ann",), ("destroyed ann",), ("lee ann",), ("luk ann",)]
        stored = owner.execute(
            "SELECT c.family_name, w.sort_name, array_agg(w.word ORDER BY w.word) FROM portal.client_search_words AS w"
            " JOIN portal.clients AS c ON c.practice_id = w.practice_id AND c.id = w.client_id GROUP BY 1, 2"
        ).fetchall()
        assert {family: (name, tuple(words)) for family, name, words in stored} == {
            family: (sort_name(family, "Ann"), _words_of(family, *ids.get(family, ())))
            for family in families
            if family != "Destroyed"
        }
    drop_database(cluster, name)


_OLD_SIGNED_IN = """
CREATE FUNCTION portal.signed_in(practice uuid, token_hash bytea, record uuid) RETURNS TABLE (s_id uuid)
LANGUAGE sql SECURITY DEFINER AS $$ SELECT practice $$"""


async def test_a_migration_gives_signed_in_another_result_while_a_portal_runs(cluster: Cluster) -> None:
    name = fresh_database(cluster, template_database(cluster, "migrate_template", migrate_template))
    dsn, practice, asked = cluster.dsn(database=name), uuid4(), "SELECT * FROM portal.signed_in($1, $2, $3)"
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("DROP FUNCTION portal.signed_in")
        owner.execute(_OLD_SIGNED_IN)
    pool = await open_pool(cluster.dsn(APP_ROLE, name), min_size=1, max_size=1)
    assert await pool.fetch(asked, practice, b"", None) == [(practice,)]
    assert migrate(dsn, FIRST_DAY) == []
    # The connection has prepared the statement for the old result, and prepares it again.
    assert await pool.fetch(asked, practice, b"", None) == []
    await pool.close()
    drop_database(cluster, name)


def test_a_portal_is_dropped_only_where_no_other_practice_is(cluster: Cluster) -> None:
    name = fresh_database(cluster, template_database(cluster, "migrate_template", migrate_template))
    dsn = cluster.dsn(database=name)
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute(
            "INSERT INTO portal.practices (id, slug, name, time_zone, hosts, created_at)"
            " SELECT gen_random_uuid(), slug, slug, 'UTC', '{}', now() FROM unnest(ARRAY['elm', 'oak']) AS slug"
        )
        assert not drop_installation("elm", dsn)
        assert owner.execute("SELECT count(*) FROM portal.practices").fetchone() == (2,)
        owner.execute("DELETE FROM portal.practices WHERE slug = 'oak'")
        assert drop_installation("elm", dsn)
        assert owner.execute("SELECT to_regnamespace('portal'), to_regnamespace('jobs')").fetchone() == (None, None)
    assert drop_installation("elm", dsn)
    drop_database(cluster, name)


def test_types_with_several_seats_are_for_staff_until_the_practice_says_otherwise(cluster: Cluster) -> None:
    """Clients could never book them online, whatever was stored."""
    name, practice = fresh_database(cluster), uuid4()
    dsn = cluster.dsn(database=name)
    _upgraded_to(dsn, "0010")
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute(
            "INSERT INTO portal.practices (id, slug, name, time_zone, hosts, created_at, version)"
            " VALUES (%s, 'elm', 'Elm Street', 'America/New_York', '{}', now(), 1)",
            (practice,),
        )
        for seats, self_bookable in ((1, True), (1, False), (2, True), (8, False)):
            owner.execute(
                "INSERT INTO portal.appointment_types (practice_id, id, name, timing, seats, self_bookable, active)"
                " VALUES (%s, gen_random_uuid(), 'Session', '{}', %s, %s, true)",
                (practice, seats, self_bookable),
            )
        assert migrate(dsn, FIRST_DAY)
        rows = owner.execute("SELECT seats, self_bookable, version FROM portal.appointment_types").fetchall()
    assert sorted(rows) == [(1, False, 1), (1, True, 1), (2, False, 2), (8, False, 1)]
    drop_database(cluster, name)


def test_codes_whose_digest_could_be_searched_end(cluster: Cluster) -> None:
    name, practice = fresh_database(cluster), uuid4()
    dsn = cluster.dsn(database=name)
    _upgraded_to(dsn, "0027")
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")  # no foreign keys
        owner.execute(
            "INSERT INTO portal.second_factors (practice_id, account_id, recovery_hashes)"
            " VALUES (%s, gen_random_uuid(), ARRAY['one', 'two']::bytea[])",
            (practice,),
        )
        owner.execute(
            "INSERT INTO portal.email_changes (practice_id, account_id, id, former_email, new_email, code_hash,"
            " attempts, state, created_at, expires_at)"
            " VALUES (%s, gen_random_uuid(), gen_random_uuid(), '', '', 'hash', 0, 'open', now(), now())",
            (practice,),
        )
        owner.execute(
            "INSERT INTO portal.idempotent_responses (practice_id, account_id, operation, key, digest, expires_at)"
            " VALUES (%s, gen_random_uuid(), 'makeThing', 'key', 'digest', now())",
            (practice,),
        )
        migrate(dsn, FIRST_DAY)
        assert owner.execute("SELECT recovery_hashes FROM portal.second_factors").fetchall() == [(None,)]
        assert owner.execute("SELECT code_hash, state FROM portal.email_changes").fetchall() == [(None, "open")]
        assert owner.execute("SELECT count(*) FROM portal.idempotent_responses").fetchone() == (0,)
    drop_database(cluster, name)
