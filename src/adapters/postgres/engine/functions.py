"""SQL functions for what the application role may not do directly. They run as the owner, with a fixed search_path.

They are applied after every migration, like the row-level security policies: with `CREATE OR REPLACE`, or after a
`DROP` if their result may change.
"""

import adapters.postgres
from adapters.feature_discovery import feature_modules
from adapters.postgres.engine.key_rotation import OLD_PRACTICE_KEYS, REPLACE_PRACTICE_KEY
from adapters.postgres.engine.maintenance import delete_expired_function

PRACTICE_KEY = """
CREATE OR REPLACE FUNCTION portal.practice_key(practice uuid) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
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
  UPDATE portal.rate_limit_attempts SET at = trim_array(at, 1) WHERE key = limit_key AND at <> '{}'
$$"""

DEFER_JOB = """
CREATE OR REPLACE FUNCTION portal.defer_job(task text, arguments jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = jobs, pg_temp AS $$
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
  IF to_regclass('portal.' || partition) IS NULL THEN
    EXECUTE format('CREATE TABLE portal.%I PARTITION OF portal.audit_entries FOR VALUES FROM (%L) TO (%L)',
      partition, first_day::text || ' 00:00:00+00', (first_day + interval '1 month')::date::text || ' 00:00:00+00');
    EXECUTE format('ALTER TABLE portal.%I ENABLE ROW LEVEL SECURITY', partition);
  END IF;
END $$"""


def functions() -> list[str]:
    """The engine's own, then those of each feature's `sql_functions`."""
    engine = [
        PRACTICE_KEY,
        TAKE_RATE_LIMIT,
        RELEASE_RATE_LIMIT,
        delete_expired_function(),
        DEFER_JOB,
        CREATE_AUDIT_PARTITION,
        OLD_PRACTICE_KEYS,
        REPLACE_PRACTICE_KEY,
    ]
    return engine + [
        text for module in feature_modules(adapters.postgres, "sql_functions") for text in module.FUNCTIONS
    ]
