-- The acting member's assets that match what is typed into the search field. Row-level security lets no index answer
-- `@@`, because that operator is not leakproof. So this function, which runs as the owner and names the acting member
-- itself, finds the rows; the caller reads them under the policies. The member is compared as text so that no other
-- index answers. No parallel workers start: how many words begin in some way the planner can only guess, and it guesses
-- far too many.
CREATE OR REPLACE FUNCTION assets_matching(
    wanted text
) RETURNS TABLE(id uuid, kind text, source text, tool text, model text, favourite boolean, bytes bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100
SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off
SET max_parallel_workers_per_gather = 0
AS $$
DECLARE
    me uuid := public.atelier_member();
    looking tsquery := public.assets_query(me, wanted);
BEGIN
    RETURN QUERY SELECT a.id, a.kind, a.source, a.tool, a.model, a.favourite, a.bytes FROM public.assets a
        WHERE public.assets_words(a.member_id, a.title) @@ looking AND a.member_id::text = me::text
          AND a.deleted_at IS NULL;
END
$$;

REVOKE ALL ON FUNCTION assets_matching FROM PUBLIC;
GRANT EXECUTE ON FUNCTION assets_matching TO atelier_web, atelier_worker, atelier_operator;
