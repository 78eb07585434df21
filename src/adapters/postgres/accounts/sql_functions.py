"""What the application's role does to these tables only through functions of the owner's."""

# Everything about who asks, in one statement. It runs as the owner: the token's hash is the key that opens it. By that
# key there is one plan for all values, kept for each connection: every request asks, and planning was most of it.
SIGNED_IN = """
CREATE OR REPLACE FUNCTION portal.signed_in(practice uuid, token_hash bytea, record uuid)
RETURNS TABLE (
  s_id uuid, s_account uuid, s_practice uuid, s_kind text, s_access bytea, s_family bytea, s_refresh bytea,
  s_created timestamptz, s_active timestamptz, s_access_expires timestamptz, s_ends timestamptz, s_idle int,
  s_multi_factor boolean, s_device text, s_address text, s_ended timestamptz, s_version int,
  a_id uuid, a_practice uuid, a_email text, a_kind text, a_created timestamptz, a_client uuid, a_staff uuid,
  a_status text, a_factor text, a_issuer text, a_subject text, a_closed timestamptz, a_version int,
  p_name text, p_time_zone text, p_settings text, f_roles text[], f_clinician uuid,
  g_id uuid, g_client uuid, g_areas text[], g_write boolean, g_starts_on date, g_until date,
  g_restricted_from date)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = portal, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  RETURN QUERY SELECT s.id, s.account_id, s.practice_id, s.kind, s.access_hash, s.family_hash, s.refresh_hash,
    s.created_at, s.last_active_at, s.access_expires_at, s.ends_at, s.idle_timeout_seconds,
    s.multi_factor, s.device, s.address, s.ended_at, s.version,
    a.id, a.practice_id, a.email, a.kind, a.created_at, a.client_id, a.staff_id,
    a.status, a.second_factor, a.issuer, a.subject, a.closed_at, a.version,
    p.name, p.time_zone, c.values::text, f.roles, f.clinician_id,
    g.id, g.client_id, g.areas, g.may_write, g.starts_on, g.until, g.restricted_from
  FROM portal.sessions AS s
  JOIN portal.accounts AS a ON a.practice_id = s.practice_id AND a.id = s.account_id
  JOIN portal.practices AS p ON p.id = s.practice_id
  LEFT JOIN portal.account_settings AS c ON c.practice_id = s.practice_id
  LEFT JOIN portal.staff AS f ON f.practice_id = a.practice_id AND f.id = a.staff_id AND f.active
  LEFT JOIN portal.grants AS g ON record IS NOT NULL AND g.practice_id = a.practice_id AND g.account_id = a.id
    AND g.client_id = record AND g.revoked_at IS NULL AND g.ended_at IS NULL
  WHERE s.practice_id = practice AND s.access_hash = token_hash;
END $$"""


MARK_ACTIVE = """
CREATE OR REPLACE FUNCTION portal.mark_active(practice uuid, session uuid, instant timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
  UPDATE portal.sessions SET last_active_at = instant
  WHERE practice_id = practice AND id = session AND ended_at IS NULL AND last_active_at < instant
$$"""

FUNCTIONS = [SIGNED_IN, MARK_ACTIVE]
