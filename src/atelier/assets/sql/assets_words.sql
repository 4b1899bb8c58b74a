-- The words of a title, each indexed under its member ("5f3a9c:boat"), so that a search reads one member's entries,
-- also for the beginning of a word, and not the postings of everybody who ever wrote "boat". Members who share those six
-- digits only make each other's searches read a few rows more. A run without spaces is indexed by its pairs of
-- neighbouring characters and its last one. The entry without a word stands for every title, so that "everything but
-- boats" reads one member's entries too. An index contains this function: to change what it returns, a migration must
-- rebuild that index.
CREATE OR REPLACE FUNCTION assets_words(member uuid, title text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    tag text := '''' || right(member::text, 6) || ':';
BEGIN
    RETURN (tag || ''' ' || coalesce((
        SELECT string_agg(tag || replace(replace(
            CASE WHEN p.unspaced THEN substr(p.piece, i, 2) ELSE p.piece END, '\', '\\'), '''', '''''')
            || ''':' || least(p.place + i - 1, 16383), ' ')
        FROM public.assets_pieces(title) p,
             generate_series(1, CASE WHEN p.unspaced THEN length(p.piece) ELSE 1 END) i), ''))::tsvector;
END
$$;

REVOKE ALL ON FUNCTION assets_words FROM PUBLIC;
GRANT EXECUTE ON FUNCTION assets_words TO atelier_web, atelier_worker, atelier_operator;
