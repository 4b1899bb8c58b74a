-- Makes the order of the events hold in a new cluster. Transactions are numbered by the cluster, so after a restore new
-- events may get smaller numbers than those that the backup brought along, and a reader would take them for read. Where
-- that is so, all events get the number 1 and keep the order of their ids, and each reader goes back to before the first
-- event that it has not read. True if that was necessary.
CREATE OR REPLACE FUNCTION events_rebase() RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF (SELECT NOT EXISTS (SELECT FROM events WHERE xid >= pg_snapshot_xmax(pg_current_snapshot()))
        AND NOT EXISTS (SELECT FROM event_readers WHERE xid >= pg_snapshot_xmax(pg_current_snapshot()))) THEN
    RETURN false;
  END IF;
  LOCK TABLE events, event_readers IN EXCLUSIVE MODE;
  UPDATE event_readers r SET xid = '1', id = coalesce(
    (SELECT min(e.id) - 1 FROM events e WHERE (e.xid, e.id) > (r.xid, r.id)), (SELECT max(e.id) FROM events e), 0);
  UPDATE events SET xid = '1';
  RETURN true;
END
$$;

REVOKE ALL ON FUNCTION events_rebase FROM PUBLIC;
