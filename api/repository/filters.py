"""WHERE clauses from optional filters; values always travel as parameters."""

from collections.abc import Mapping

Values = list[object]


def where(conditions: Mapping[str, object]) -> tuple[str, Values]:
    """`WHERE a = ? AND b > ?` over the conditions whose value is given. Keys are SQL of ours, never a caller's."""
    given = {condition: value for condition, value in conditions.items() if value is not None}
    if not given:
        return "", []
    return "WHERE " + " AND ".join(given), list(given.values())


def number(value: int | None) -> int | None:
    """A plain integer, for drivers that do not know our words."""
    return None if value is None else int(value)


def raw(value: bytes | None) -> bytes | None:
    """Plain bytes, for drivers that do not know our ids."""
    return None if value is None else bytes(value)


def contains(value: str | None) -> str | None:
    """The pattern of `LIKE … ESCAPE '!'` for text in lower case that has these characters somewhere in it."""
    if value is None:
        return None
    escaped = value.lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"%{escaped}%"
