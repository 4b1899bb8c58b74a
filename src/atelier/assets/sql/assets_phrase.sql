-- A part of what is looked for, as a query over assets_words; NULL if it has no word. Its pieces must follow each other:
-- DSC-7604 is "dsc" before "7604". `growing`: its last word may be the beginning of one.
CREATE OR REPLACE FUNCTION assets_phrase(member uuid, wanted text, growing boolean) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    tag text := right(member::text, 6) || ':';
    part record;
    written text := '';
    before integer;
    last integer := (SELECT max(p.place) FROM public.assets_pieces(wanted) p);
BEGIN
    FOR part IN
        SELECT p.piece AS word, p.place, growing AND p.place = last AS open
        FROM public.assets_pieces(wanted) p WHERE NOT p.unspaced
        UNION ALL
        SELECT substr(p.piece, i, 2), p.place + i - 1, length(p.piece) = 1
        FROM public.assets_pieces(wanted) p, generate_series(1, greatest(1, length(p.piece) - 1)) i WHERE p.unspaced
        ORDER BY 2
    LOOP
        written := written
            || CASE WHEN before IS NULL THEN '' ELSE ' <' || part.place - before || '> ' END
            || '''' || tag || replace(replace(part.word, '\', '\\'), '''', '''''') || ''''
            || CASE WHEN part.open THEN ':*' ELSE '' END;
        before := part.place;
    END LOOP;
    RETURN nullif(written, '');
END
$$;

REVOKE ALL ON FUNCTION assets_phrase FROM PUBLIC;
GRANT EXECUTE ON FUNCTION assets_phrase TO atelier_web, atelier_worker, atelier_operator;
