"""What the application's role does to these tables only through functions of the owner's."""

CAPTURE_MAIL = """
CREATE OR REPLACE FUNCTION portal.capture_mail(
  id uuid, at timestamptz, kind text, key uuid, recipient text, sender_name text, subject text, body text)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
  SELECT portal.require_scope(NULL, '');
  INSERT INTO portal.captured_mail (id, at, kind, key, "to", sender_name, subject, body)
  VALUES (id, at, kind, key, recipient, sender_name, subject, body)
$$"""


LATEST_CAPTURED_MAIL = """
CREATE OR REPLACE FUNCTION portal.latest_captured_mail(max_rows int) RETURNS SETOF portal.captured_mail
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
  SELECT portal.require_scope(NULL, '');
  SELECT * FROM portal.captured_mail ORDER BY at DESC, id DESC LIMIT max_rows
$$"""


# The notice and the job that delivers it, in one statement; neither when the practice has its deduplication key.
# It goes to somebody of the practice. A client or proxy has themselves told, their own record, the clients they share
# an appointment with, staff, and those who hold a grant of the record; a visitor, an account. Only staff and jobs have
# an address told that is no account's.
NOTIFY = """
CREATE OR REPLACE FUNCTION portal.notify(
  notice uuid, kind text, notice_class text, account uuid, client uuid, subject uuid, dedup_key text,
  instant timestamptz)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
  practice uuid := nullif(current_setting('portal.practice', true), '')::uuid;
  own_client uuid := nullif(current_setting('portal.client', true), '')::uuid;
  own_account uuid := nullif(current_setting('portal.account', true), '')::uuid;
  scope text := current_setting('portal.scope', true);
BEGIN
  PERFORM portal.require_scope(practice, 'record', 'visitor', 'practice');
  -- Without the parentheses the statement would end at the first THEN.
  IF NOT (CASE
    WHEN account IS NOT NULL AND client IS NOT NULL THEN false
    WHEN account IS NOT NULL THEN EXISTS (
      SELECT FROM portal.accounts AS a WHERE a.practice_id = practice AND a.id = account
        AND (scope <> 'record' OR a.id = own_account OR a.kind = 'staff' OR EXISTS (
          SELECT FROM portal.grants AS g
          WHERE g.practice_id = practice AND g.client_id = own_client AND g.account_id = account)))
    WHEN client IS NOT NULL THEN scope <> 'visitor' AND EXISTS (
      SELECT FROM portal.clients AS c WHERE c.practice_id = practice AND c.id = client
        AND (scope <> 'record' OR c.id = own_client OR EXISTS (
          SELECT FROM portal.attendances AS mine JOIN portal.attendances AS theirs USING (practice_id, appointment_id)
          WHERE practice_id = practice AND mine.client_id = own_client AND theirs.client_id = client)))
    ELSE scope = 'practice'
  END) THEN
    RAISE EXCEPTION 'not a recipient of this transaction' USING ERRCODE = 'insufficient_privilege';
  END IF;
  INSERT INTO portal.notices (practice_id, id, kind, notice_class, created_at, due_at, enqueued_at, to_account,
    to_client, subject_id, deduplication_key, state, attempt, failures, claimed_by, vendor_message_id,
    failure_reason, version)
  VALUES (practice, notice, kind, notice_class, instant, instant, instant, account,
    client, subject, dedup_key, 'queued', 0, 0, '', '', '', 1)
  ON CONFLICT DO NOTHING;
  IF FOUND THEN
    PERFORM portal.defer_job('deliver_notice', jsonb_build_object('practice_id', practice, 'notice_id', notice));
  END IF;
END $$"""

FUNCTIONS = [NOTIFY, CAPTURE_MAIL, LATEST_CAPTURED_MAIL]
