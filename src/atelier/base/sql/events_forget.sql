-- Deletes what is old among the `most` events that follow `after` in the order of their ids: runs and files after
-- `activity_days`, everything else after `trail_days`. `last` is the last id that was looked at, or null when nothing old
-- follows, or while another transaction does the same. Nothing younger than 30 days is ever deleted, nor what a reader has
-- yet to read. A reader that no worker has run for a week is no reader any more.
CREATE OR REPLACE FUNCTION events_forget(
    after bigint, activity_days integer, trail_days integer, most integer, OUT last bigint, OUT gone bigint
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF NOT atelier_studio() OR least(activity_days, trail_days) < 30 THEN
    RAISE EXCEPTION 'events are forgotten by the studio, after 30 days or more' USING ERRCODE = 'insufficient_privilege';
  END IF;
  gone := 0;
  IF NOT pg_try_advisory_xact_lock(hashtextextended('events_forget', 0)) THEN RETURN; END IF;
  WITH looked AS MATERIALIZED (
      SELECT id, xid, kind, at FROM events WHERE id > after ORDER BY id LIMIT most),
    deleted AS (
      DELETE FROM events e USING looked l WHERE e.id = l.id AND l.at < now() - make_interval(days =>
        CASE WHEN l.kind LIKE 'job:%' OR l.kind LIKE 'asset:%' THEN activity_days ELSE trail_days END)
        AND NOT EXISTS (SELECT FROM event_readers r
          WHERE (r.xid, r.id) < (l.xid, l.id) AND r.seen_at > now() - interval '7 days')
      RETURNING 1)
    SELECT CASE WHEN min(at) < now() - make_interval(days => least(activity_days, trail_days)) THEN max(id) END,
           (SELECT count(*) FROM deleted)
      INTO last, gone FROM looked;
END
$$;

REVOKE ALL ON FUNCTION events_forget FROM PUBLIC;
GRANT EXECUTE ON FUNCTION events_forget TO atelier_worker;
