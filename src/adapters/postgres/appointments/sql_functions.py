"""SQL functions that run with the owner's rights, for access that the application role does not have itself."""

# A calendar app sends only the token, so no record is known yet. The hash of the token authorizes the access.
FEED_BY_HASH = """
CREATE OR REPLACE FUNCTION portal.feed_by_hash(practice uuid, hash bytea)
RETURNS TABLE (id uuid, practice_id uuid, client_id uuid, account_id uuid, token_hash bytea, created_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
  SELECT portal.require_scope(practice, 'record', 'visitor', 'practice');
  SELECT f.id, f.practice_id, f.client_id, f.account_id, f.token_hash, f.created_at
  FROM portal.feed_tokens AS f WHERE f.practice_id = practice AND f.token_hash = hash
$$"""


# Clients cannot read the practice's staff and accounts, but their bookings notify the clinician.
CLINICIAN_ACCOUNT = """
CREATE OR REPLACE FUNCTION portal.clinician_account(practice uuid, clinician uuid) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
  SELECT portal.require_scope(practice, 'record', 'practice');
  SELECT a.id FROM portal.staff AS s
  JOIN portal.accounts AS a ON a.practice_id = s.practice_id AND a.staff_id = s.id AND a.status <> 'closed'
  WHERE s.practice_id = practice AND s.clinician_id = clinician AND s.active
  ORDER BY a.created_at, a.id LIMIT 1
$$"""

# A client sees only the appointments that they attend, and may join others that are shared. Who attends those, and in
# which room, is left out.
SHARED_APPOINTMENTS = """
CREATE OR REPLACE FUNCTION portal.shared_appointments(
  practice uuid, appointment_type uuid, clinicians uuid[], since timestamptz, until timestamptz
)
RETURNS TABLE (
  practice_id uuid, id uuid, clinician_id uuid, appointment_type_id uuid, location_id uuid, starts_at timestamptz,
  ends_at timestamptz, time_zone text, local_starts_at timestamp, calendar_entry_id uuid, attending integer,
  booked_at timestamptz, changed_at timestamptz, shared boolean, status text, series_id uuid, room text,
  sequence integer, version integer
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
  SELECT portal.require_scope(practice, 'record', 'practice');
  SELECT a.practice_id, a.id, a.clinician_id, a.appointment_type_id, a.location_id, a.starts_at,
    a.ends_at, a.time_zone, a.local_starts_at, a.calendar_entry_id, a.attending, a.booked_at,
    a.changed_at, a.shared, a.status, a.series_id, '', a.sequence, a.version
  FROM portal.appointments AS a
  WHERE a.practice_id = practice AND a.clinician_id = ANY (clinicians) AND a.appointment_type_id = appointment_type
    AND a.starts_at >= since AND a.starts_at < until AND a.shared AND a.status = 'booked'
$$"""

FUNCTIONS = [CLINICIAN_ACCOUNT, FEED_BY_HASH, SHARED_APPOINTMENTS]
