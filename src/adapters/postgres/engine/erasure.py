"""The function that erases a record: the only way in which a client's key is deleted."""

from adapters.postgres.engine.metadata import metadata


def erase_record_function() -> str:
    """One function for what the tables declare by `erase`.

    It checks again what the core has checked: an active administrator asked, in an earlier transaction, another one (or
    the operator, who has no account) confirmed it in time, and no legal hold is in place, or placed by a transaction
    that waits (a hold refers to the client's row, which is locked). With a hold it returns null.
    """
    done = []
    for table in sorted(metadata.tables.values(), key=lambda table: table.name):
        if "erased" not in table.info:
            continue
        where, values = table.info["erased"]
        here = f"practice_id = practice AND ({where})" if "practice_id" in table.c else where
        assigned = ", ".join(f"{column} = {value}" for column, value in values.items())
        change = f"UPDATE portal.{table.name} SET {assigned}" if values else f"DELETE FROM portal.{table.name}"  # noqa: S608  (constants)
        done.append(f"  {change} WHERE {here};")
    return f"""
CREATE OR REPLACE FUNCTION portal.erase_record(practice uuid, client uuid, erasure uuid, instant timestamptz)
RETURNS uuid[] LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
  account_ids uuid[];
  addresses text[];
BEGIN
  PERFORM portal.require_scope(practice, 'practice');
  PERFORM FROM portal.clients WHERE practice_id = practice AND id = client FOR UPDATE;
  IF EXISTS (SELECT FROM portal.legal_holds WHERE practice_id = practice AND client_id = client) THEN
    RETURN NULL;
  END IF;
  IF NOT EXISTS (
    SELECT FROM portal.record_erasures AS asked
    WHERE asked.practice_id = practice AND asked.client_id = client AND asked.id = erasure
      AND asked.state = 'completed' AND asked.completed_at < asked.expires_at
      AND asked.requested_by IS DISTINCT FROM asked.confirmed_by
      AND asked.recorded_at < now()
      AND num_nonnulls(asked.requested_by, asked.confirmed_by) = (
        SELECT count(*) FROM portal.accounts AS a
        JOIN portal.staff AS s ON s.practice_id = practice AND s.id = a.staff_id
        WHERE a.practice_id = practice AND a.id IN (asked.requested_by, asked.confirmed_by) AND a.status = 'active'
          AND s.active AND 'administrator' = ANY (s.roles))
  ) THEN
    RAISE EXCEPTION 'no two administrators asked for the erasure and confirmed it'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  account_ids := ARRAY(
    SELECT id FROM portal.accounts WHERE practice_id = practice AND client_id = client ORDER BY id);
  addresses := ARRAY(
    SELECT email FROM portal.clients WHERE practice_id = practice AND id = client
    UNION SELECT email FROM portal.accounts WHERE practice_id = practice AND id = ANY (account_ids)
    UNION SELECT email FROM portal.invitations WHERE practice_id = practice AND client_id = client AND kind = 'client'
    UNION SELECT unnest(ARRAY[former_email, new_email]) FROM portal.email_changes
      WHERE practice_id = practice AND account_id = ANY (account_ids)
    UNION SELECT email FROM portal.safe_email_verifications
      WHERE practice_id = practice AND account_id = ANY (account_ids)
    UNION SELECT safe_email FROM portal.notification_settings
      WHERE practice_id = practice AND account_id = ANY (account_ids));
{chr(10).join(done)}
  RETURN account_ids;
END $$"""  # noqa: S608  (constants)
