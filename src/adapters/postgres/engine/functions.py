"""SQL functions for what the application role may not do directly. They run as the owner, with a fixed search_path.

They are applied after every migration, like the row-level security policies: with `CREATE OR REPLACE`, or after a
`DROP` if their result may change. Each begins with `require_scope`: from which transactions it may be called, and for
whose practice.
"""

import re

import adapters.postgres
from adapters.feature_discovery import feature_modules
from adapters.postgres.engine.erasure import erase_record_function
from adapters.postgres.engine.key_rotation import OLD_PRACTICE_KEYS, REPLACE_PRACTICE_KEY
from adapters.postgres.engine.maintenance import delete_expired_function

# Refuses a caller whose transaction has none of the scopes ('' is that of a statement outside of a unit of work), or is
# another practice's (null: any).
REQUIRE_SCOPE = """
CREATE OR REPLACE FUNCTION portal.require_scope(practice uuid, VARIADIC scopes text[]) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = portal, pg_temp AS $$
BEGIN
  IF NOT coalesce(current_setting('portal.scope', true), '') = ANY (scopes)
    OR (practice IS NOT NULL
      AND practice IS DISTINCT FROM nullif(current_setting('portal.practice', true), '')::uuid)
  THEN
    RAISE EXCEPTION 'not within the scope of this transaction' USING ERRCODE = 'insufficient_privilege';
  END IF;
END $$"""

PRACTICE_KEY = """
CREATE OR REPLACE FUNCTION portal.practice_key(practice uuid) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
  SELECT portal.require_scope(NULL, '');
  SELECT wrapped FROM portal.practice_keys WHERE practice_id = practice
$$"""

# Counts one attempt under a row lock: an exact sliding window across processes. Returns the seconds to wait, or 0 if
# the attempt was counted. The row is inserted first, so that two concurrent first attempts lock the same row; the loop
# inserts it again if it was deleted in between.
TAKE_RATE_LIMIT = """
CREATE OR REPLACE FUNCTION portal.take_rate_limit(
  limit_key bytea, max_attempts int, window_seconds float8, instant timestamptz)
RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
  counted timestamptz[];
  edge timestamptz := instant - make_interval(secs => window_seconds);
BEGIN
  PERFORM portal.require_scope(NULL, '');
  LOOP
    INSERT INTO portal.rate_limit_attempts (key, at, expires_at) VALUES (limit_key, '{}', instant)
      ON CONFLICT (key) DO NOTHING;
    SELECT array(SELECT h FROM unnest(t.at) AS h WHERE h > edge ORDER BY h) INTO counted
      FROM portal.rate_limit_attempts AS t WHERE t.key = limit_key FOR UPDATE;
    EXIT WHEN FOUND;
  END LOOP;
  IF cardinality(counted) >= max_attempts THEN
    UPDATE portal.rate_limit_attempts SET at = counted WHERE key = limit_key;
    RETURN greatest(1, ceil(extract(epoch FROM
      counted[cardinality(counted) - max_attempts + 1] + make_interval(secs => window_seconds) - instant))::int);
  END IF;
  UPDATE portal.rate_limit_attempts SET at = counted || instant,
    expires_at = instant + make_interval(secs => window_seconds) WHERE key = limit_key;
  RETURN 0;
END $$"""

RELEASE_RATE_LIMIT = """
CREATE OR REPLACE FUNCTION portal.release_rate_limit(limit_key bytea) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
  SELECT portal.require_scope(NULL, '');
  UPDATE portal.rate_limit_attempts SET at = trim_array(at, 1) WHERE key = limit_key AND at <> '{}'
$$"""

# A job acts for the practice that its arguments name.
DEFER_JOB = """
CREATE OR REPLACE FUNCTION portal.defer_job(task text, arguments jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = jobs, pg_temp AS $$
  SELECT portal.require_scope(coalesce(arguments ->> 'practice_id', '00000000-0000-0000-0000-000000000000')::uuid,
    'record', 'visitor', 'practice');
  SELECT jobs.procrastinate_defer_jobs_v1(ARRAY[
    ROW('portal', task, 0, NULL, NULL, arguments, NULL)::jobs.procrastinate_job_to_defer_v1])
$$"""

# Audit entries are partitioned by month. A job and the migration create the partitions in advance.
CREATE_AUDIT_PARTITION = """
CREATE OR REPLACE FUNCTION portal.create_audit_partition(in_month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
  first_day date := date_trunc('month', in_month)::date;
  partition text := 'audit_entries_' || to_char(first_day, 'YYYY_MM');
BEGIN
  PERFORM portal.require_scope(NULL, '');
  IF to_regclass('portal.' || partition) IS NULL THEN
    EXECUTE format('CREATE TABLE portal.%I PARTITION OF portal.audit_entries FOR VALUES FROM (%L) TO (%L)',
      partition, first_day::text || ' 00:00:00+00', (first_day + interval '1 month')::date::text || ' 00:00:00+00');
    EXECUTE format('ALTER TABLE portal.%I ENABLE ROW LEVEL SECURITY', partition);
  END IF;
END $$"""


def functions() -> list[str]:
    """The engine's own, then those of each feature's `sql_functions`."""
    engine = [
        REQUIRE_SCOPE,
        PRACTICE_KEY,
        TAKE_RATE_LIMIT,
        RELEASE_RATE_LIMIT,
        delete_expired_function(),
        DEFER_JOB,
        CREATE_AUDIT_PARTITION,
        OLD_PRACTICE_KEYS,
        REPLACE_PRACTICE_KEY,
        erase_record_function(),
    ]
    return engine + [
        text for module in feature_modules(adapters.postgres, "sql_functions") for text in module.FUNCTIONS
    ]


def function_names() -> tuple[str, ...]:
    """The functions that the application's role may call: those that run as the owner."""
    found = (re.match(r"\s*CREATE (?:OR REPLACE )?FUNCTION portal\.(\w+)\(", text) for text in functions())
    return tuple(one[1] for one in found if one and "SECURITY DEFINER" in one.string)


def function_scopes(name: str) -> tuple[str, ...]:
    """The scopes of the transactions that may call a function; '' is that of a statement outside of a unit of work."""
    [text] = [text for text in functions() if re.match(rf"\s*CREATE (?:OR REPLACE )?FUNCTION portal\.{name}\(", text)]
    checked = re.search(r"portal\.require_scope\(.*?((?:,\s*'\w*')+)\);", text, re.DOTALL)
    assert checked, f"{name} does not check its scope"
    return tuple(re.findall(r"'(\w*)'", checked[1]))
