-- What a visitor holds to find one row: an e-mail address, or the digest of a session, a token or an invitation.
CREATE OR REPLACE FUNCTION atelier_knock() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT nullif(current_setting('atelier.knock', true), '')
$$;

REVOKE ALL ON FUNCTION atelier_knock FROM PUBLIC;
GRANT EXECUTE ON FUNCTION atelier_knock TO atelier_web, atelier_worker, atelier_operator;
