"""SQL macros, each with its parameters and body."""

MACROS = (
    # Java writes doubles plainly from 10^-3 to 10^7, as DuckDB does there too
    """athena_double_json(x) AS CASE WHEN x = 0 OR (abs(x) >= 1e-3 AND abs(x) < 1e7) THEN CAST(x AS VARCHAR)
       ELSE athena_java_double(x) END""",
    """athena_real_json(x) AS CASE WHEN x = 0 OR (abs(x) >= 1e-3 AND abs(x) < 1e7) THEN CAST(x AS VARCHAR)
       ELSE athena_java_float(x) END""",
    # Math.round(x * factor) / factor, away from zero for negative numbers
    """athena_round(x, factor) AS CASE WHEN isnan(x) OR isinf(x) OR abs(x * factor) >= 4503599627370496 THEN x
       WHEN x < 0 THEN -(round(-x * factor) / factor) ELSE round(x * factor) / factor END""",
    # values that carry their zones, STRUCT(t TIMESTAMP, z VARCHAR): t is UTC, z is UTC, an offset ±hh:mm, or a name
    """athena_offset(z) AS to_minutes((CASE WHEN z[1] = '-' THEN -1 ELSE 1 END)
       * (CAST(z[2:3] AS INTEGER) * 60 + CAST(z[5:6] AS INTEGER)))""",
    """athena_local(value) AS CASE WHEN value.z = 'UTC' THEN value.t
       WHEN value.z[1] IN ('+', '-') THEN value.t + athena_offset(value.z)
       ELSE timezone(value.z, CAST(value.t AS TIMESTAMPTZ)) END""",
    """athena_from_local(local, z) AS CASE WHEN z = 'UTC' THEN local
       WHEN z[1] IN ('+', '-') THEN local - athena_offset(z) ELSE CAST(timezone(z, local) AS TIMESTAMP) END""",
    # what runtime.time_formats reads: the instant and its zone, with a bar between them
    """athena_read_instant(read) AS CAST(split_part(read, '|', 1) AS TIMESTAMP)""",
    """athena_read_zoned(read) AS CASE WHEN read IS NOT NULL THEN
       struct_pack(t := CAST(split_part(read, '|', 1) AS TIMESTAMP), z := split_part(read, '|', 2)) END""",
    """athena_log(base, x) AS CASE WHEN base IS NULL OR x IS NULL THEN NULL
       WHEN base > 0 AND base <> 1 AND x > 0 THEN ln(x) / ln(base) ELSE athena_java_log(base, x) END""",
    """athena_substr2(text, start) AS CASE WHEN start IS NULL THEN NULL
       WHEN start = 0 OR abs(start) > length(text) THEN text[:0] ELSE substr(text, start) END""",
    """athena_substr3(text, start, size) AS CASE WHEN start IS NULL OR size IS NULL THEN NULL
       WHEN start = 0 OR size <= 0 OR abs(start) > length(text) THEN text[:0] ELSE substr(text, start, size) END""",
)
