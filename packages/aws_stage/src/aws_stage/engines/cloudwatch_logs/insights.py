"""Which queries of Logs Insights are run: those of which ministack knows every part."""

from __future__ import annotations


def unknown_part(query: str) -> str | None:
    """The first part between pipes that would be left out; None when there is none."""
    from ministack.services import cloudwatch_logs

    parts: list[str] = cloudwatch_logs._split_insights_pipes(query)
    return next((part.strip() for part in parts if not _is_known(part.strip())), None)


def _is_known(part: str) -> bool:
    from ministack.services import cloudwatch_logs

    command = part.partition(" ")[0].lower()
    if command == "filter":
        return cloudwatch_logs._compile_insights_filter(part) is not None
    if command == "sort":
        return cloudwatch_logs._parse_insights_sort(part) is not None
    if command == "fields":
        return all(name.strip().lstrip("@").isidentifier() for name in part.partition(" ")[2].split(","))
    return command == "limit" and part.partition(" ")[2].strip().isdecimal()
