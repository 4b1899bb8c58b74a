-- Text as search compares it: compatible forms are one (NFKC), accents fall away, and so do case, the vowel points of
-- Arabic and Hebrew, joiners, and the differences between a few letters that readers take for the same. Marks of other
-- scripts, such as the vowel signs of Hindi and Thai, stay: without them it would be another word. An index contains this
-- function by way of assets_words: to change what it returns, a migration must rebuild that index.
CREATE OR REPLACE FUNCTION assets_folded(written text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN written ~ '^[\x01-\x7e]*$' THEN lower(written) ELSE
    replace(replace(replace(replace(
        translate(
            lower(normalize(regexp_replace(normalize(written, NFKD),
                '[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670'
                '\u0640\u200b-\u200f\u2060\ufe00-\ufe0f]', '', 'g'), NFC)),
            'øłđħıςیىک٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९',
            'oldhiσييك012345678901234567890123456789'),
        'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th') END;

REVOKE ALL ON FUNCTION assets_folded FROM PUBLIC;
GRANT EXECUTE ON FUNCTION assets_folded TO atelier_web, atelier_worker, atelier_operator;
