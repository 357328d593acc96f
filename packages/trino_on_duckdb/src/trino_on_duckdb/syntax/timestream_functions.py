"""The names of Timestream's functions, by where they are done (developer guide, "Functions")."""

from __future__ import annotations

_OWN = """
    bin create_time_series derivative_linear from_iso8601_timestamp from_milliseconds from_nanoseconds
    integral_trapezoidal interpolate_fill interpolate_linear interpolate_locf non_negative_derivative_linear
    to_iso8601 to_milliseconds to_nanoseconds
"""
OWN = frozenset(_OWN.split())
"""Functions that Trino does not have, or has otherwise: ``functions.timestream``."""

REWRITTEN = ("now", "ago")
"""Calls that the grammar writes as other expressions."""

_SHARED = """
    abs acos asin atan atan2 bitwise_and bitwise_not bitwise_or bitwise_xor cbrt ceil ceiling cos cosh degrees e exp
    floor infinity is_finite is_infinite is_nan ln log10 log2 mod nan pi pow power radians rand random round sign sin
    sqrt tan tanh truncate width_bucket
    chr codepoint concat length levenshtein_distance lower lpad ltrim replace reverse rpad rtrim split split_part strpos
    substr substring trim upper
    coalesce greatest if least nullif typeof
    current_timezone date date_add date_diff date_format date_parse date_trunc day day_of_month day_of_week day_of_year
    dow doy from_iso8601_date hour last_day_of_month millisecond minute month quarter second week week_of_year year
    year_of_week yow
    array_distinct array_except array_intersect array_join array_max array_min array_position array_remove array_sort
    array_union arrays_overlap cardinality contains element_at filter flatten reduce repeat sequence slice transform zip
    zip_with
    approx_distinct approx_percentile arbitrary array_agg avg bool_and bool_or corr count count_if covar_pop covar_samp
    every geometric_mean grouping max max_by min min_by regr_intercept regr_slope stddev stddev_pop stddev_samp sum
    var_pop var_samp variance
    cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number
"""
SHARED = frozenset(_SHARED.split())
"""Functions that Timestream has as Trino has them."""

_REFUSED = """
    approx_most_frequent bitwise_left_shift bitwise_right_shift checksum correlate_pearson correlate_spearman
    crc32 format_datetime from_base64 from_big_endian_64 from_hex from_utf8 great_circle_distance histogram
    human_readable_seconds interpolate_spline_cubic json_extract json_extract_scalar json_parse kurtosis map
    map_agg map_keys map_values md5 multimap_agg parse_datetime parse_duration reduce_agg regexp_extract
    regexp_extract_all regexp_like regexp_replace regexp_split sha1 sha256 sha512 skewness soundex st_distance
    to_base64 to_hex to_utf8 try
"""
REFUSED = frozenset(_REFUSED.split())
"""Functions that Timestream has and this dialect does not: refused by name."""
