"""The index of words is built anew: search folds accents and case, splits words from numbers, and finds parts of text
that is written without spaces."""

from alembic import op

from atelier.base import functions

revision = "20261130_2246"
down_revision = "20261130_2245"

NAMES = ("assets_folded", "assets_pieces", "assets_words", "assets_phrase", "assets_query")
WORDS_BEFORE = r"""
CREATE OR REPLACE FUNCTION assets_words(member uuid, title text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
    SELECT coalesce(string_agg(
        '''' || right(member::text, 6) || ':' || replace(replace(lexeme, '\', '\\'), '''', '''''') || ''':'
        || array_to_string(positions, ','), ' '), '')::tsvector
    FROM unnest(to_tsvector('pg_catalog.simple', title)) WHERE octet_length(lexeme) < 1000)
"""
QUERY_BEFORE = r"""
CREATE OR REPLACE FUNCTION assets_query(member uuid, wanted text) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    found text := websearch_to_tsquery('pg_catalog.simple', left(wanted, 200))::text;
BEGIN
    IF wanted !~ '["\s]$' AND found ~ '(^|[ (])''([^'']|'''')+''$' THEN
        found := found || ':*';
    END IF;
    RETURN regexp_replace(found, '''((?:[^'']|'''')+)''', '''' || right(member::text, 6) || ':\1''', 'g')::tsquery;
END $$
"""
INDEX = (
    "CREATE INDEX assets_words_idx ON assets USING gin (assets_words(member_id, title)) WITH (fastupdate = off)"
    " WHERE deleted_at IS NULL"
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP INDEX assets_words_idx")
    functions.create(op.get_bind().connection.driver_connection, *NAMES)
    op.execute(INDEX)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP INDEX assets_words_idx")
    for statement in (WORDS_BEFORE, QUERY_BEFORE):
        op.execute(statement)
    for name in ("assets_phrase", "assets_pieces", "assets_folded"):
        op.execute(f"DROP FUNCTION {name}")
    op.execute(INDEX)
