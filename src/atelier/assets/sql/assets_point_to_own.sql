-- Refuses a row of assets that names another row's file, or another member's job, and any change of that. A file lies
-- in its member's folder and is named after its row. The pattern is the same for every row, so it is compiled once.
CREATE OR REPLACE FUNCTION assets_point_to_own() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
  folder text := NEW.member_id || '/';
  name text := NEW.id::text;
  broken text;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF (NEW.id, NEW.member_id, NEW.path, NEW.thumb_path, NEW.job_id)
       IS NOT DISTINCT FROM (OLD.id, OLD.member_id, OLD.path, OLD.thumb_path, OLD.job_id) THEN
      RETURN NEW;
    END IF;
    broken := 'assets_path_own';
  ELSIF NOT starts_with(NEW.path, folder)
    OR split_part(split_part(NEW.path, '/', 4), '.', 1) <> name
    OR NEW.path !~ '^[0-9a-f-]{36}/[0-9]{4}/[0-9]{2}/[0-9a-f-]{36}[.][a-z0-9]+$'
    OR NEW.thumb_path IS NOT NULL AND (
      NOT starts_with(NEW.thumb_path, folder)
      OR split_part(split_part(NEW.thumb_path, '/', 4), '.', 1) <> name
      OR NEW.thumb_path !~ '^[0-9a-f-]{36}/[0-9]{4}/[0-9]{2}/[0-9a-f-]{36}[.]thumb[.]webp$'
    )
  THEN
    broken := 'assets_path_own';
  ELSIF NEW.job_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM jobs WHERE id = NEW.job_id AND member_id = NEW.member_id)
  THEN
    broken := 'assets_job_own';
  END IF;
  IF broken IS NOT NULL THEN
    RAISE EXCEPTION 'new row for relation "%" violates check constraint "%"', TG_TABLE_NAME, broken
      USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = broken;
  END IF;
  RETURN NEW;
END
$$;

REVOKE ALL ON FUNCTION assets_point_to_own FROM PUBLIC;
