"""What the application's role does to these tables only through functions of the owner's."""

from sqlalchemy.dialects import postgresql

from adapters.postgres.accounts.sessions import SIGNED_IN

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # the library has no types
_RESULT = ", ".join(f"{column.name} {column.type.compile(_DIALECT)}" for column in SIGNED_IN)
_SELECTED = ", ".join(
    str(column.element.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True})) for column in SIGNED_IN
)

# CREATE OR REPLACE refuses another result, and the result has a column for each field of an account or session.
DROP_SIGNED_IN = "DROP FUNCTION IF EXISTS portal.signed_in(uuid, bytea, uuid)"

# Everything about who asks, in one statement. It runs as the owner: the token's hash is the key that opens it. There
# is one plan for all values, kept for each connection (by the pool's default): planning was most of the work.
MAKE_SIGNED_IN = f"""
CREATE FUNCTION portal.signed_in(practice uuid, token_hash bytea, record uuid)
RETURNS TABLE ({_RESULT})
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
BEGIN
  PERFORM portal.require_scope(NULL, '');
  RETURN QUERY SELECT {_SELECTED}
  FROM portal.sessions
  JOIN portal.accounts ON accounts.practice_id = sessions.practice_id AND accounts.id = sessions.account_id
  JOIN portal.practices ON practices.id = sessions.practice_id
  LEFT JOIN portal.account_settings ON account_settings.practice_id = sessions.practice_id
  LEFT JOIN portal.staff ON staff.practice_id = accounts.practice_id AND staff.id = accounts.staff_id AND staff.active
  LEFT JOIN portal.grants ON record IS NOT NULL AND grants.practice_id = accounts.practice_id
    AND grants.account_id = accounts.id AND grants.client_id = record
    AND grants.revoked_at IS NULL AND grants.ended_at IS NULL
  WHERE sessions.practice_id = practice AND sessions.access_hash = token_hash;
END $$"""  # noqa: S608  # columns and no values


MARK_ACTIVE = """
CREATE OR REPLACE FUNCTION portal.mark_active(practice uuid, session uuid, instant timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
  SELECT portal.require_scope(NULL, '');
  UPDATE portal.sessions SET last_active_at = least(instant, ends_at)
  WHERE practice_id = practice AND id = session AND ended_at IS NULL AND last_active_at < least(instant, ends_at)
$$"""

# Of one account: one's own, or for staff, jobs and a visitor who proves who they are that of another.
END_SESSIONS = """
CREATE OR REPLACE FUNCTION portal.end_sessions(practice uuid, account uuid, instant timestamptz, keep uuid)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
BEGIN
  PERFORM portal.require_scope(practice, 'record', 'visitor', 'practice');
  IF current_setting('portal.scope') = 'record' AND account::text <> current_setting('portal.account') THEN
    RAISE EXCEPTION 'not the own account' USING ERRCODE = 'insufficient_privilege';
  END IF;
  UPDATE portal.sessions SET ended_at = instant, version = version + 1
  WHERE practice_id = practice AND account_id = account AND ended_at IS NULL AND id <> keep;
END $$"""

FUNCTIONS = [DROP_SIGNED_IN, MAKE_SIGNED_IN, MARK_ACTIVE, END_SESSIONS]
