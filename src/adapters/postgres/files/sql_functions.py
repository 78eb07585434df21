"""SQL functions that run with the owner's rights, for access that the application role does not have itself."""

# A browser or an app that downloads sends only the link's token, so no record is known yet. The hash of the token
# authorizes the access, while the session and the grant with which the link was made are good.
DOWNLOAD_LINK_BY_HASH = """
CREATE OR REPLACE FUNCTION portal.download_link_by_hash(practice uuid, hash bytea, instant timestamptz)
RETURNS TABLE (
  practice_id uuid, client_id uuid, id uuid, account_id uuid, session_id uuid, grant_id uuid, file_id uuid,
  token_hash bytea, in_page boolean, expires_at timestamptz, first_used_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
  SELECT portal.require_scope(practice, 'visitor');
  SELECT l.practice_id, l.client_id, l.id, l.account_id, l.session_id, l.grant_id, l.file_id, l.token_hash, l.in_page,
    l.expires_at, l.first_used_at
  FROM portal.download_links AS l
  WHERE l.practice_id = practice AND l.token_hash = hash AND l.expires_at > instant
    AND l.expires_at <= instant + interval '5 minutes'
    AND (l.session_id IS NULL OR EXISTS (
      SELECT FROM portal.sessions AS s
      WHERE s.practice_id = practice AND s.id = l.session_id AND s.ended_at IS NULL AND s.ends_at > instant))
    AND (l.grant_id IS NULL OR EXISTS (
      SELECT FROM portal.grants AS g
      WHERE g.practice_id = practice AND g.id = l.grant_id AND g.revoked_at IS NULL AND g.ended_at IS NULL))
$$"""

FUNCTIONS = [DOWNLOAD_LINK_BY_HASH]
