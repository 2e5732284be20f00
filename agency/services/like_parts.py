"""What a person typed, as the part of a text that `like` looks for letter by letter."""

from __future__ import annotations


def like_part(typed: str) -> str:
    """The pattern that finds `typed` anywhere in a text; its own %, _ and backslashes are letters."""
    plain = typed.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{plain}%"
