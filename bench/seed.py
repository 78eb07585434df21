"""Fills a practice with a few `generate_series` statements, bypassing row-level security and foreign keys."""

from os import urandom
from typing import Any
from uuid import UUID, uuid4

import psycopg

from adapters.encryption.cipher import Cipher

CLIENTS_EACH = 20
"""Clients of one clinician."""

DOCUMENTS_EACH = 25
"""Documents of one client who is signed in: more than a page of 20."""

WEEKS = (-4, 20)
"""From when until when somebody signed in comes every week: more than a page of 20 is still to come."""

# Ids follow from what they are ids of, so that statements need not pass them on.
_ID = "md5('{} ' || {})::uuid"
_CLIENT, _CLINICIAN = _ID.format("client", "n"), _ID.format("clinician", "(n / %(each)s)")
_ACCOUNT, _APPOINTMENT = _ID.format("account", "n"), _ID.format("appointment", "n || ' ' || w")
_ENTRY = _ID.format("entry", "n || ' ' || w")
_EVERYBODY = "generate_series(0, %(clients)s - 1) AS n"
# The n-th client's own hour of the week: one of four on one of five days.
_STARTS = """((date_trunc('week', now() AT TIME ZONE 'America/New_York')
  + make_interval(weeks => w, days => n %% 5, hours => 9 + n / 5 %% 4 * 2)) AT TIME ZONE 'America/New_York')"""
_VISITS = f"""{_EVERYBODY} CROSS JOIN LATERAL generate_series(
    CASE WHEN n %% %(stride)s = 0 THEN %(first)s ELSE 0 END,
    CASE WHEN n %% %(stride)s = 0 THEN %(last)s ELSE %(others)s - 1 END) AS w"""

STATEMENTS = (
    f"""INSERT INTO portal.clinicians (practice_id, id, name, credentials, room_link, active)
  SELECT %(practice)s, {_ID.format("clinician", "c")}, 'Dr. Clinician ' || c, 'PhD', 'https://rooms.example/' || c, true
  FROM generate_series(0, (%(clients)s - 1) / %(each)s) AS c""",
    f"""INSERT INTO portal.staff (practice_id, id, name, email, email_key, roles, clinician_id, active)
  SELECT %(practice)s, {_ID.format("staff", "c")}, 'Dr. Clinician ' || c, 'c' || c || '@bench.example',
    'c' || c || '@bench.example', '{{clinician}}', {_ID.format("clinician", "c")}, true
  FROM generate_series(0, (%(clients)s - 1) / %(each)s) AS c""",
    f"""INSERT INTO portal.accounts (practice_id, id, side, email, kind, staff_id, status, second_factor, created_at)
  SELECT %(practice)s, {_ID.format("staff account", "c")}, 'practice', 'c' || c || '@bench.example', 'staff',
    {_ID.format("staff", "c")}, 'active', 'totp', now()
  FROM generate_series(0, (%(clients)s - 1) / %(each)s) AS c""",
    f"""INSERT INTO portal.availability_rules
    (practice_id, id, clinician_id, weekday, start_time, end_time, location_id, appointment_type_ids, valid_from)
  SELECT %(practice)s, {_ID.format("rule", "c || ' ' || d")}, {_ID.format("clinician", "c")}, d, '09:00', '17:00',
    %(place)s, '{{}}', '2025-01-01'
  FROM generate_series(0, (%(clients)s - 1) / %(each)s) AS c, generate_series(0, 4) AS d""",
    f"""INSERT INTO portal.clients
    (practice_id, id, given_name, family_name, sort_name, date_of_birth, email, email_key, status, created_at)
  SELECT %(practice)s, {_CLIENT}, 'Given' || n, 'Family', 'family given' || n, '1990-05-17', n || '@bench.example',
    n || '@bench.example', 'active', now() FROM {_EVERYBODY}""",
    f"""INSERT INTO portal.care_team (practice_id, client_id, clinician_id)
  SELECT %(practice)s, {_CLIENT}, {_CLINICIAN} FROM {_EVERYBODY}""",
    f"""INSERT INTO portal.accounts (practice_id, id, side, email, kind, client_id, status, second_factor, created_at)
  SELECT %(practice)s, {_ACCOUNT}, 'portal', n || '@bench.example', 'client', {_CLIENT}, 'active', 'none', now()
  FROM {_EVERYBODY}""",
    f"""INSERT INTO portal.sessions (practice_id, account_id, id, kind, access_hash, family_hash, refresh_hash,
    created_at, last_active_at, access_expires_at, ends_at, idle_timeout_seconds, multi_factor, device, address)
  SELECT %(practice)s, {_ACCOUNT}, {_ID.format("session", "n")}, 'bearer', sha256(('bench-token-' || n)::bytea),
    sha256(('family ' || n)::bytea), sha256(('refresh ' || n)::bytea), now(), now(), now() + interval '8 hours',
    now() + interval '8 hours', 28800, false, CASE WHEN n %% %(stride)s = 0 THEN 'bench' ELSE '' END, ''
  FROM {_EVERYBODY}""",
    f"""INSERT INTO portal.appointments (practice_id, id, clinician_id, appointment_type_id, location_id, starts_at,
    ends_at, time_zone, local_starts_at, calendar_entry_id, attending, booked_at, changed_at, shared, status, room,
    sequence)
  SELECT %(practice)s, {_APPOINTMENT}, {_CLINICIAN}, %(kind)s, %(place)s, {_STARTS},
    {_STARTS} + interval '50 minutes', 'America/New_York',
    {_STARTS} AT TIME ZONE 'America/New_York', {_ENTRY}, 1, '2025-06-01', '2025-06-01', false, 'booked',
    '', 0 FROM {_VISITS}""",
    f"""INSERT INTO portal.attendances (practice_id, client_id, appointment_id, starts_at, status, cancelled_late,
    sequence)
  SELECT %(practice)s, {_CLIENT}, {_APPOINTMENT}, {_STARTS}, 'attending', false, 0 FROM {_VISITS}""",
    f"""INSERT INTO portal.calendar (practice_id, id, clinician_id, starts_at, ends_at, buffer_before_seconds,
    buffer_after_seconds, purpose)
  SELECT %(practice)s, {_ENTRY}, {_CLINICIAN}, {_STARTS}, {_STARTS} + interval '50 minutes', 0, 600, 'appointment'
  FROM {_VISITS}""",
)

_BIG = ("appointments", "attendances", "calendar")


def seed(
    owner: psycopg.Connection[Any],
    practice_id: UUID,
    appointment_type_id: UUID,
    location_id: UUID,
    cipher: Cipher,
    clients: int,
    people: int,
    weeks_of_others: int,
) -> list[tuple[str, UUID]]:
    """Create clients with their clinicians, accounts, sessions, keys and appointments.

    Returns the token and the clinician of each of the `people`. Only those have real keys; the others' are random.
    """
    stride = clients // people
    values = {
        "practice": practice_id,
        "kind": appointment_type_id,
        "place": location_id,
        "clients": clients,
        "each": CLIENTS_EACH,
        "stride": stride,
        "first": WEEKS[0],
        "last": WEEKS[1],
        "others": weeks_of_others,
    }
    owner.execute("SET session_replication_role = replica")
    owner.execute("SET synchronous_commit = off")
    cursor = psycopg.ClientCursor(owner)  # a parameter may stand where no type is known yet
    owner.execute("SET maintenance_work_mem = '256MB'")
    # One row at a time, indexes would take ten times as long as all of them at the end.
    again = _drop_indexes(owner)
    for statement in STATEMENTS:
        cursor.execute(statement, values)
    for statement in again:
        owner.execute(statement)
    known = owner.execute(
        f"SELECT n, {_CLIENT}, {_ID.format('clinician', '(n / %s)')} FROM generate_series(0, %s - 1) AS n",
        (CLIENTS_EACH, clients),
    ).fetchall()
    keys = {client_id: urandom(32) for _, client_id, _ in known[::stride]}
    with owner.cursor().copy("COPY portal.client_keys (practice_id, client_id, wrapped, made_at) FROM STDIN") as copy:
        for _, client_id, _ in known:
            real = keys.get(client_id)
            wrapped = cipher.seal(real, f"client_keys.wrapped/{client_id}") if real else urandom(60)
            copy.write_row((practice_id, client_id, wrapped, "2025-06-01"))
    _add_documents(owner, practice_id, {client_id: Cipher(key) for client_id, key in keys.items()})
    return [(f"bench-token-{number}", clinician) for number, _, clinician in known[::stride]]


def _add_documents(owner: psycopg.Connection[Any], practice_id: UUID, ciphers: dict[UUID, Cipher]) -> None:
    """Documents for each client, shared and clean; without content, which lists do not read."""
    shared = [
        (practice_id, client_id, uuid4(), uuid4(), f"2025-06-{day:02}", cipher)
        for client_id, cipher in ciphers.items()
        for day in range(1, DOCUMENTS_EACH + 1)
    ]
    with owner.cursor().copy(
        """COPY portal.documents (practice_id, client_id, id, category, title, origin, added_at, listed_at, sensitive,
             shared_at, versions, version) FROM STDIN"""
    ) as copy:
        for practice, client, document, _, at, cipher in shared:
            title = cipher.seal(b"A letter about the visit", f"documents.title/{document}")
            copy.write_row((practice, client, document, "letter", title, "practice", at, at, False, at, 1, 1))
    with owner.cursor().copy(
        """COPY portal.files (practice_id, client_id, id, name, added_at, state, object_id, content_key, received_at,
             kind, size, sha256, checks, version) FROM STDIN"""
    ) as copy:
        for practice, client, _, file, at, cipher in shared:
            name = cipher.seal(b"letter.pdf", f"files.name/{file}")
            copy.write_row((practice, client, file, name, at, "clean", uuid4(), b"", at, "pdf", 90_000, b"", 1, 1))
    with owner.cursor().copy(
        """COPY portal.document_versions (practice_id, client_id, id, document_id, number, file_id, added_at)
           FROM STDIN"""
    ) as copy:
        for practice, client, document, file, at, _ in shared:
            copy.write_row((practice, client, uuid4(), document, 1, file, at))


def _drop_indexes(owner: psycopg.Connection[Any]) -> list[str]:
    """Drop those of the big tables that nothing else stands on; answers the statements that make them again."""
    constraints = owner.execute(
        """SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
             format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
           FROM pg_constraint WHERE contype = 'x' AND conrelid = ANY (%s::regclass[])""",
        ([f"portal.{table}" for table in _BIG],),
    ).fetchall()
    indexes = owner.execute(
        """SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)
           FROM pg_index WHERE NOT indisunique AND NOT indisexclusion AND indrelid = ANY (%s::regclass[])""",
        ([f"portal.{table}" for table in _BIG],),
    ).fetchall()
    for drop, _ in (*constraints, *indexes):
        owner.execute(drop)
    return [make for _, make in (*constraints, *indexes)]
