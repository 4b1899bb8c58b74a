"""Stored files, and the words by which their members find them."""

from alembic import op

from atelier.base.isolation import isolate

revision = "20261120_1240"
down_revision = "20261120_1230"

# Each word is indexed under its member ("5f3a9c:boat"), so that a search reads one member's entries, also for a
# beginning of a word, and not the postings of everybody who ever wrote "boat". Members who share those six digits only
# make each other's searches read a few rows more.
WORDS = r"""
CREATE FUNCTION assets_words(member uuid, title text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
    SELECT coalesce(string_agg(
        '''' || right(member::text, 6) || ':' || replace(replace(lexeme, '\', '\\'), '''', '''''') || ''':'
        || array_to_string(positions, ','), ' '), '')::tsvector
    FROM unnest(to_tsvector('pg_catalog.simple', title)) WHERE octet_length(lexeme) < 1000)
"""

# What is typed into the search field, as a query over those words; the last word may still be growing.
QUERY = r"""
CREATE FUNCTION assets_query(member uuid, wanted text) RETURNS tsquery LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    found text := websearch_to_tsquery('pg_catalog.simple', left(wanted, 200))::text;
BEGIN
    IF wanted !~ '["\s]$' AND found ~ '(^|[ (])''([^'']|'''')+''$' THEN
        found := found || ':*';
    END IF;
    RETURN regexp_replace(found, '''((?:[^'']|'''')+)''', '''' || right(member::text, 6) || ':\1''', 'g')::tsquery;
END $$
"""

# Row-level security lets no index answer `@@`, because that operator is not leakproof. So this function, which runs as
# the owner and names the acting member itself, finds the rows; whoever calls it reads them under the policies. The
# member is compared as text so that no other index answers, and no parallel workers start: how many words begin in some
# way the planner can only guess, and it guesses far too many.
MATCHING = """
CREATE FUNCTION assets_matching(wanted text)
RETURNS TABLE (id uuid, kind text, source text, tool text, model text, favourite boolean, bytes bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100
SET search_path = pg_catalog, public SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
    me uuid := public.atelier_member();
    looking tsquery := public.assets_query(me, wanted);
BEGIN
    RETURN QUERY SELECT a.id, a.kind, a.source, a.tool, a.model, a.favourite, a.bytes FROM public.assets a
        WHERE public.assets_words(a.member_id, a.title) @@ looking AND a.member_id::text = me::text
          AND a.deleted_at IS NULL;
END $$
"""


def upgrade() -> None:
    for statement in (
        WORDS,
        QUERY,
        """CREATE TABLE assets (
             id uuid PRIMARY KEY,
             member_id uuid NOT NULL REFERENCES members (id) ON DELETE CASCADE,
             job_id uuid,
             position integer NOT NULL DEFAULT 0 CHECK (position >= 0),
             kind text NOT NULL CHECK (kind IN ('image', 'audio', 'video', 'text', 'file')),
             source text NOT NULL CHECK (source IN ('made', 'uploaded')),
             title text NOT NULL DEFAULT '' CHECK (char_length(title) <= 2000),
             content_type text NOT NULL,
             bytes bigint NOT NULL CHECK (bytes >= 0),
             width integer CHECK (width > 0),
             height integer CHECK (height > 0),
             sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
             path text NOT NULL,
             thumb_path text,
             settings jsonb NOT NULL DEFAULT '{}',
             tool text GENERATED ALWAYS AS (settings ->> 'tool') STORED,
             model text GENERATED ALWAYS AS (settings ->> 'model') STORED,
             favourite boolean NOT NULL DEFAULT false,
             created_at timestamptz NOT NULL DEFAULT now(),
             deleted_at timestamptz)""",
        "CREATE UNIQUE INDEX assets_job_id_position_key ON assets (job_id, position) WHERE job_id IS NOT NULL",
        # each list and its total is one index alone
        "CREATE INDEX assets_recent_idx ON assets (member_id, id) WHERE deleted_at IS NULL",
        "CREATE INDEX assets_kind_idx ON assets (member_id, kind, id) WHERE deleted_at IS NULL",
        "CREATE INDEX assets_source_idx ON assets (member_id, source, id) WHERE deleted_at IS NULL",
        "CREATE INDEX assets_tool_idx ON assets (member_id, tool, model, id) WHERE deleted_at IS NULL",
        "CREATE INDEX assets_favourite_idx ON assets (member_id, id) WHERE favourite AND deleted_at IS NULL",
        "CREATE INDEX assets_bytes_idx ON assets (member_id, bytes, id) WHERE deleted_at IS NULL",
        "CREATE INDEX assets_deleted_idx ON assets (deleted_at) WHERE deleted_at IS NOT NULL",
        # the words stand in their index alone: rows stay a third smaller, and no search waits for a pending list
        "CREATE INDEX assets_words_idx ON assets USING gin (assets_words(member_id, title)) WITH (fastupdate = off)"
        " WHERE deleted_at IS NULL",
        *isolate("assets", web="SELECT, INSERT", worker="SELECT, INSERT, UPDATE, DELETE"),
        "GRANT UPDATE (favourite, title, deleted_at) ON assets TO atelier_web",
        MATCHING,
        "REVOKE EXECUTE ON FUNCTION assets_matching FROM PUBLIC",
        "GRANT EXECUTE ON FUNCTION assets_matching TO atelier_web, atelier_worker, atelier_operator",
    ):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP FUNCTION assets_matching")
    op.execute("DROP TABLE assets")
    op.execute("DROP FUNCTION assets_query, assets_words")
