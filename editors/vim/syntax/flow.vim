" Highlighting of .flow files. Written by tools/highlight.
if exists('b:current_syntax')
  finish
endif

syn case ignore
syn keyword flowConstant FALSE NULL TRUE
syn keyword flowOperatorWord AND BETWEEN EXISTS IN IS LIKE NOT OR
syn keyword flowKeyword ALL AS CASE CAST DISTINCT ELSE END FROM GROUP HAVING INTERVAL INTO JOIN LIMIT ON ORDER OVER
syn keyword flowKeyword QUALIFY SELECT THEN TRY_CAST UNION UNNEST VALUES WHEN WHERE WITH
syn match flowFunction /\<\%(CUMULATE\|HOP\|SESSION\|TUMBLE\|abs\|acos\|acosh\|add_months\|array\|array_append\|array_avg\|array_concat\|array_contains\|array_distinct\|array_length\|array_max\|array_min\|array_position\|array_prepend\|array_reverse\|array_slice\|array_sort\|array_sum\|array_to_string\|ascii\|asin\|asinh\|atan\|atan2\|atanh\|avg\|base64\|bin\|bit_count\|bit_length\|bitwise_and\|bitwise_left_shift\|bitwise_not\|bitwise_or\|bitwise_right_shift\|bitwise_xor\|btrim\|cardinality\|cbrt\|ceil\|ceiling\|century\|char_length\|character_length\|chr\|coalesce\|concat\|concat_ws\|contains\|cos\|cosh\|cot\|count\|crc32\|date_add\|date_bin\|date_diff\|date_part\|date_sub\|date_trunc\|datediff\|datesub\|day\|dayname\|dayofmonth\|dayofweek\|dayofyear\|decade\|decode\|degrees\|div\|element_at\|encode\|ends_with\|epoch\|epoch_ms\|epoch_ns\|epoch_us\|erf\|erfc\|even\|event_time\|exp\|factorial\|floor\|fmod\|from_base64\|from_unixtime\|from_utc_timestamp\|gamma\|gcd\|greatest\|hamming\|hash\|hex\|hour\|if\|ifnull\|iif\|ilike\|initcap\|instr\|isfinite\|isinf\|isnan\|isodow\|isoyear\|jaro_similarity\|jaro_winkler_similarity\|json_array_length\|json_exists\|json_extract\|json_extract_string\|json_get\|json_get_text\|json_typeof\|json_valid\|julian\|last_day\|lcase\|lcm\|least\|left\|len\|length\|levenshtein\|lgamma\|like\|ln\|log\|log10\|log2\|log_time\|lower\|lpad\|ltrim\|make_date\|make_timestamp\|make_timestamp_ms\|map_contains\|map_keys\|map_values\|max\|md5\|microsecond\|millennium\|millisecond\|min\|minute\|mod\|month\|monthname\|nextafter\|nullif\|nvl\|nvl2\|octet_length\|ord\|overlay\|pi\|pow\|power\|prefix\|quarter\|radians\|regexp_count\|regexp_escape\|regexp_extract\|regexp_full_match\|regexp_instr\|regexp_like\|regexp_matches\|regexp_replace\|regexp_substr\|repeat\|replace\|reverse\|right\|round\|rpad\|rtrim\|second\|sha1\|sha256\|sha512\|sign\|signbit\|sin\|sinh\|split_part\|sqrt\|starts_with\|strftime\|string_split\|strlen\|strpos\|strptime\|struct\|substr\|substring\|suffix\|sum\|tan\|tanh\|time_bucket\|to_base64\|to_bin\|to_days\|to_hex\|to_hours\|to_json\|to_microseconds\|to_milliseconds\|to_minutes\|to_oct\|to_seconds\|to_timestamp\|to_unixtime\|to_utc_timestamp\|to_weeks\|translate\|trim\|trunc\|try_strptime\|ucase\|unhex\|upper\|url_decode\|url_encode\|url_extract_fragment\|url_extract_host\|url_extract_parameter\|url_extract_path\|url_extract_port\|url_extract_protocol\|url_extract_query\|week\|weekday\|weekofyear\|width_bucket\|xor\|xxhash64\|year\|yearweek\)\>\ze\s*(/
syn match flowNumber /\<\d\+\%(\.\d*\)\?\%(e[+-]\?\d\+\)\?\>/
syn match flowDuration /\<\d\+\%(ms\|[smhdw]\)\>/

" Words that are also names count in upper case only, as `flowc fmt` writes them.
syn case match
syn keyword flowType ARRAY BIGINT BOOL BOOLEAN BYTEA BYTES DATE DECIMAL DOUBLE INT INTEGER INTERVAL JSON MAP NUMERIC
syn keyword flowType STRING STRUCT TEXT TIMESTAMP VARCHAR
syn keyword flowConnector CHECKSUM CSV DATAGEN FILE HTTP INLINE JSON KAFKA NEXMARK POSTGRES REDIS STDOUT
syn keyword flowClause AHEAD ALLOW ANTI APPEND ARCHIVE ASC ASOF AT BY CHANGES CLOSE CROSS DEAD DESC EMIT EVENT EVERY
syn keyword flowClause EXCEPT EXPECT EXPIRED FAIL FILTER FIRST FORMAT FULL FUNCTION GAP GIVEN HOT IDLE ILIKE INNER
syn keyword flowClause INTERSECT LAST LATE LATENESS LEFT LETTER MAX META NATURAL NULLS OFFSET ORDINALITY OUTER OVERLOAD
syn keyword flowClause PARTITION PER RATE RECONCILE RECORD RETAIN RETURNS RIGHT SEMI SINK SOURCE TABLE TEST TIME TO
syn keyword flowClause UNIQUE UNTIL UPSERT USING VERSION VIEW WATERMARK WITHIN ZONE

syn region flowString start=/'/ skip=/''/ end=/'/ contains=flowVariable
syn match flowVariable /\%(\$\)\@<!\${\h\w*\%(:[-?][^}]*\)\?}/ contained
syn region flowQuotedName start=/"/ skip=/""/ end=/"/ oneline
syn match flowComment /--.*$/
syn region flowComment start=/\/\*/ end=/\*\//

hi def link flowConstant Constant
hi def link flowOperatorWord Operator
hi def link flowKeyword Keyword
hi def link flowFunction Function
hi def link flowNumber Number
hi def link flowDuration Number
hi def link flowType Type
hi def link flowConnector Structure
hi def link flowClause Keyword
hi def link flowString String
hi def link flowVariable Special
hi def link flowQuotedName Identifier
hi def link flowComment Comment

let b:current_syntax = 'flow'
