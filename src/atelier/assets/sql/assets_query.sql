-- What is typed into the search field, as a query over assets_words: all words, "in this order", -without, or; the last
-- word may still be growing.
CREATE OR REPLACE FUNCTION assets_query(member uuid, wanted text) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    typed text := left(wanted, 200);
    growing boolean := typed !~ '["\s]$';
    term record;
    phrase text;
    written text := '';
    either boolean := false;
    without boolean := false;
BEGIN
    FOR term IN
        SELECT m[1] <> '' AS excluded, m[2] AS quoted, m[3] AS bare,
               n = max(n) FILTER (WHERE EXISTS (SELECT FROM public.assets_pieces(coalesce(m[2], m[3])))) OVER () AS last
        FROM regexp_matches(typed, '(-?)(?:"([^"]*)"?|([^\s":]+))', 'g') WITH ORDINALITY AS matched (m, n) ORDER BY n
    LOOP
        IF lower(term.bare) = 'or' AND NOT term.excluded THEN
            either := written <> '';
            CONTINUE;
        END IF;
        phrase := public.assets_phrase(member, coalesce(term.quoted, term.bare),
                                       growing AND term.last AND term.quoted IS NULL);
        CONTINUE WHEN phrase IS NULL;
        written := written || CASE WHEN written = '' THEN '' WHEN either THEN ' | ' ELSE ' & ' END
            || CASE WHEN term.excluded THEN '!' ELSE '' END || '(' || phrase || ')';
        without := without OR term.excluded;
        either := false;
    END LOOP;
    IF without THEN
        written := '''' || right(member::text, 6) || ':'' & (' || written || ')';
    END IF;
    RETURN written::tsquery;
END
$$;

REVOKE ALL ON FUNCTION assets_query FROM PUBLIC;
GRANT EXECUTE ON FUNCTION assets_query TO atelier_web, atelier_worker, atelier_operator;
