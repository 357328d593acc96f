"""Functions that Athena has and this stage does not: they are refused by name, not as unknown."""

from __future__ import annotations

_NAMES = """
    approx_most_frequent approx_set array_sort_desc bar beta_cdf bing_tile bing_tile_at bit_count
    bitwise_left_shift bitwise_right_shift bitwise_right_shift_arithmetic checksum classify color combinations
    convex_hull_agg cosine_similarity date_to_char empty_approx_set entropy evaluate_classifier_predictions
    features format_number from_base32 from_base64url from_big_endian_32 from_big_endian_64
    from_geojson_geometry from_ieee754_32 from_ieee754_64 from_iso8601_timestamp_nanos from_unixtime_nanos
    geometry_union great_circle_distance hash_counts human_readable_seconds index inverse_beta_cdf
    inverse_normal_cdf inverse_of_normal_cdf jaccard_index json_array json_array_get json_exists json_object
    json_query json_value kurtosis learn_classifier learn_regressor line_locate_point ln_gamma
    luhn_check make_set_digest map_union merge merge_set_digest multimap_agg multimap_from_entries murmur3
    ngrams normal_cdf normalize numeric_histogram parse_data_size parse_duration parse_presto_data_size
    qdigest_agg quantile_at_value reduce_agg regress render rgb shuffle simplify_geometry skewness soundex
    split_to_multimap spooky_hash_v2_32 spooky_hash_v2_64 st_area st_asbinary st_astext st_buffer st_contains
    st_distance st_geometryfromtext st_point st_x st_y tdigest_agg timezone_hour timezone_minute to_base32
    to_base64url to_big_endian_32 to_big_endian_64 to_geometry to_ieee754_32 to_ieee754_64
    to_spherical_geography trim_array value_at_quantile values_at_quantiles wilson_interval_lower
    wilson_interval_upper with_timezone_offset word_stem xxhash64
"""
REFUSED = frozenset(_NAMES.split())
