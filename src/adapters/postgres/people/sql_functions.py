"""What the application's role does to these tables only through functions of the owner's."""

# Before a practice is known. It runs as the owner, and says nothing but the addresses.
PRACTICE_LOCATORS = """
CREATE OR REPLACE FUNCTION portal.practice_locators() RETURNS TABLE (p_id uuid, p_slug text, p_hosts text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
  SELECT portal.require_scope(NULL, '');
  SELECT id, slug, hosts FROM portal.practices ORDER BY id
$$"""

FUNCTIONS = [PRACTICE_LOCATORS]
