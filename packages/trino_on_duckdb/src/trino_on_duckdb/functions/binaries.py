"""Binary values: encodings and hashes."""

from __future__ import annotations

from trino_on_duckdb.functions.tables import Table, matching, one

_HEX = "([0-9a-fA-F]{2})*"
_BASE64 = "([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
_INVALID = "INVALID_FUNCTION_ARGUMENT"


BINARIES: Table = {
    "crc32": one("varbinary -> bigint", "athena_crc32({0})"),
    "from_base64": one(
        "varchar -> varbinary", matching(_BASE64, "from_base64({0})", _INVALID, "Illegal base64 text: ")
    ),
    "from_hex": one("varchar -> varbinary", matching(_HEX, "unhex({0})", _INVALID, "Illegal hexadecimal text: ")),
    "from_utf8": one("varbinary -> varchar", "athena_from_utf8({0})"),
    **{
        f"hmac_{name}": one("varbinary, varbinary -> varbinary", f"athena_hmac({{0}}, {{1}}, '{name}')")
        for name in ("md5", "sha1", "sha256", "sha512")
    },
    "md5": one("varbinary -> varbinary", "unhex(md5({0}))"),
    "sha1": one("varbinary -> varbinary", "unhex(sha1({0}))"),
    "sha256": one("varbinary -> varbinary", "unhex(sha256({0}))"),
    "sha512": one("varbinary -> varbinary", "athena_sha512({0})"),
    "to_base64": one("varbinary -> varchar", "to_base64({0})"),
    "to_hex": one("varbinary -> varchar", "hex({0})"),
    "to_utf8": one("varchar -> varbinary", "encode({0})"),
    "uuid": one("-> uuid", "gen_random_uuid()", volatile=True),
}
