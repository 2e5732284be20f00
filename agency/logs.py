"""Log lines: one per step, the facts as fields behind the sentence; never a body, a token, a name or an address."""

from __future__ import annotations

import logging

from agency.config import load_settings

_PLAIN = frozenset(vars(logging.makeLogRecord({})))


class _Fields(logging.Formatter):
    """Time, level, logger and sentence, then `name=value` for every extra field."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        fields = " ".join(
            f"{name}={value}"
            for name, value in vars(record).items()
            if name not in _PLAIN and name not in ("message", "asctime", "taskName")
        )
        return f"{line} [{fields}]" if fields else line


def set_up_logging() -> None:
    """Writes to stderr at LOG_LEVEL. Raises BadSetting for an unknown level."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Fields("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=load_settings().log_level, handlers=[handler])
    # httpx writes whole addresses at INFO; TikTok's token calls carry secrets in theirs.
    logging.getLogger("httpx").setLevel(logging.WARNING)
