"""SQL functions that run with the owner's rights, for access that the application role does not have itself."""

# A calendar app sends only the token, so no record is known yet. The hash of the token authorizes the access.
FEED_BY_HASH = """
CREATE OR REPLACE FUNCTION portal.feed_by_hash(practice uuid, hash bytea)
RETURNS TABLE (id uuid, practice_id uuid, client_id uuid, account_id uuid, token_hash bytea, created_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
  SELECT f.id, f.practice_id, f.client_id, f.account_id, f.token_hash, f.created_at
  FROM portal.feed_tokens AS f WHERE f.practice_id = practice AND f.token_hash = hash
$$"""


# Clients cannot read the practice's staff and accounts, but their bookings notify the clinician.
CLINICIAN_ACCOUNT = """
CREATE OR REPLACE FUNCTION portal.clinician_account(practice uuid, clinician uuid) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
  SELECT a.id FROM portal.staff AS s
  JOIN portal.accounts AS a ON a.practice_id = s.practice_id AND a.staff_id = s.id AND a.status <> 'closed'
  WHERE s.practice_id = practice AND s.clinician_id = clinician AND s.active
  ORDER BY a.created_at, a.id LIMIT 1
$$"""

FUNCTIONS = [CLINICIAN_ACCOUNT, FEED_BY_HASH]
