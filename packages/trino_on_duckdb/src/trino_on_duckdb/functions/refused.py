"""What Athena has and this stage does not: refused by name, not as unknown.

Names and overloads are those of Trino's documentation of functions (list.rst and the pages that it names).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_NAMES = """
    approx_most_frequent approx_set array_histogram array_sort_desc bar beta_cdf bing_tile bing_tile_at
    bing_tile_children bing_tile_coordinates bing_tile_parent bing_tile_polygon bing_tile_quadkey
    bing_tile_zoom_level bing_tiles_around bit_count bitwise_left_shift bitwise_right_shift
    bitwise_right_shift_arithmetic bitwise_xor_agg char2hexint checksum classify color combinations
    contains_sequence convex_hull_agg cosine_distance cosine_similarity date_to_char dot_product
    empty_approx_set entropy euclidean_distance evaluate_classifier_predictions features format_number
    from_base32 from_base64url from_big_endian_32 from_big_endian_64 from_encoded_polyline from_geojson_geometry
    from_ieee754_32 from_ieee754_64 from_iso8601_timestamp_nanos from_unixtime_nanos geometry_from_hadoop_shape
    geometry_invalid_reason geometry_nearest_points geometry_to_bing_tiles geometry_union geometry_union_agg
    great_circle_distance hash_counts human_readable_seconds index intersection_cardinality inverse_beta_cdf
    inverse_normal_cdf inverse_of_normal_cdf jaccard_index json_array json_array_get json_exists json_object
    json_query json_value kurtosis learn_classifier learn_libsvm_classifier learn_libsvm_regressor
    learn_regressor line_interpolate_point line_interpolate_points line_locate_point ln_gamma luhn_check
    make_set_digest map_union map_zip_with merge merge_set_digest multimap_agg multimap_from_entries murmur3
    ngrams normal_cdf normalize numeric_histogram objectid objectid_timestamp parse_data_size parse_duration
    parse_presto_data_size qdigest_agg quantile_at_value reduce_agg regress render rgb shuffle simplify_geometry
    skewness soundex spatial_partitioning spatial_partitions split_to_multimap spooky_hash_v2_32
    spooky_hash_v2_64 st_area st_asbinary st_astext st_buffer st_contains st_distance st_geometryfromtext
    st_point st_x st_y t_cdf t_pdf tdigest_agg timestamp_objectid timezone_hour timezone_minute to_base32
    to_base64url to_big_endian_32 to_big_endian_64 to_char to_date to_encoded_polyline to_geojson_geometry
    to_geometry to_ieee754_32 to_ieee754_64 to_spherical_geography to_timestamp trim_array value_at_quantile
    values_at_quantiles version wilson_interval_lower wilson_interval_upper with_timezone_offset word_stem
    xxhash64
"""
REFUSED = frozenset(_NAMES.split())
"""Functions."""

_OVERLOADS: Final = """
    approx_percentile(any, any, any) approx_percentile(any, any, any, any) array_max(array) array_min(array)
    array_sort(array) avg(interval) concat(varbinary, any) concat_ws(any, array) date_add(any, any, time)
    date_diff(any, time, time) date_trunc(any, time) from_unixtime(any, any, any)
    lpad(varbinary, any, any) max(array) max(row) min(array) min(row) regexp_replace(any, any, function)
    reverse(varbinary) rpad(varbinary, any, any) substr(varbinary, any) substr(varbinary, any, any)
    substring(varbinary, any) substring(varbinary, any, any) sum(interval) truncate(decimal, any)
    width_bucket(any, array)
"""
"""Signatures by the kinds of their parameters; ``any`` is any."""

REFUSED_OVERLOADS: Final = frozenset(_OVERLOADS.replace(", ", ",").split())


def is_refused(name: str, kinds: Sequence[str]) -> bool:
    """Whether Athena has an overload of ``name`` for parameters of these kinds that is not done here."""
    given = [kind.partition(" ")[0] for kind in kinds]
    for overload in REFUSED_OVERLOADS:
        of, _, parameters = overload.rstrip(")").partition("(")
        wanted = parameters.split(",")
        if of == name and len(wanted) == len(given) and all(map(_fits, wanted, given)):
            return True
    return False


def _fits(wanted: str, given: str) -> bool:
    return wanted in ("any", given)
