-- The pieces of a text, each with its place. A run of digits is a piece, a run of letters is one, and a run of a script
-- that is written without spaces (Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese, and emoji) is one too, of which
-- each character takes a place. An index contains this function by way of assets_words: to change what it returns, a
-- migration must rebuild that index.
CREATE OR REPLACE FUNCTION assets_pieces(written text)
RETURNS TABLE (piece text, unspaced boolean, place integer) LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 10 AS $$
    SELECT found.piece, found.unspaced,
           (sum(CASE WHEN found.unspaced THEN length(found.piece) ELSE 1 END) OVER (ORDER BY found.n)
            - CASE WHEN found.unspaced THEN length(found.piece) ELSE 1 END + 1)::integer
    FROM (SELECT coalesce(m[1], left(m[2], 200)) AS piece, m[1] IS NOT NULL AS unspaced, n
          FROM regexp_matches(public.assets_folded(written),
              '([\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007'
              '\u3021-\u3029\u3040-\u30fa\u30fc-\u318f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f'
              '\uac00-\ud7ff\uf900-\ufaff\u2600-\u27bf\U0001f000-\U0001faff\U00020000-\U0003ffff]+)|([0-9]+'
              '|'
              '[^0-9\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007'
              '\u3021-\u3029\u3040-\u30fa\u30fc-\u318f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f'
              '\uac00-\ud7ff\uf900-\ufaff\u2600-\u27bf\U0001f000-\U0001faff\U00020000-\U0003ffff'
              '\u0001-\u002f\u003a-\u0060\u007b-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7'
              '\u037e\u0387\u055a-\u055f\u0589\u058a\u05be\u05c0\u05c3\u05c6\u05f3\u05f4\u0600-\u061f'
              '\u066a-\u066d\u06d4\u0964\u0965\u0970\u0df4\u0f04-\u0f14\u0f3a-\u0f3d\u166d\u166e\u1680'
              '\u2000-\u206f\u20a0-\u20cf\u2190-\u25ff\u27c0-\u2bff\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020'
              '\u3030\u303d\u30fb\ud800-\uf8ff\ufe10-\ufe6f\ufeff\uff00-\uffff]+)', 'g') WITH ORDINALITY
               AS matched (m, n)) AS found
$$;

REVOKE ALL ON FUNCTION assets_pieces FROM PUBLIC;
GRANT EXECUTE ON FUNCTION assets_pieces TO atelier_web, atelier_worker, atelier_operator;
