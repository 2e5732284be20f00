"""Log lines: one per step, the facts as fields behind the sentence; never a body, a token, a name or an address."""

from __future__ import annotations

import logging
import time
from typing import Any

from agency.config import load_settings

_PLAIN = frozenset(vars(logging.makeLogRecord({})))


class Fields(logging.Formatter):
    """Time in UTC, level, logger and sentence, then `name=value` for every extra field; a traceback follows indented.

    What came from outside cannot begin a line of its own: in sentence and fields every control character is written
    out, and the lines of a traceback are moved in.
    """

    converter = time.gmtime  # type: ignore[assignment] # takes seconds too, which the stub does not see
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is logging's
        """The one line of a record."""
        fields = " ".join(
            f"{name}={value}"
            for name, value in vars(record).items()
            if name not in _PLAIN and name not in ("message", "asctime", "taskName")
        )
        line = super().formatMessage(record)
        return _one_line(f"{line} [{fields}]" if fields else line)

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name is logging's
        """The traceback, each line moved in."""
        return "\n".join(f"    {_one_line(line)}" for line in super().formatException(ei).splitlines())


def _one_line(text: str) -> str:
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def set_up_logging() -> None:
    """Writes to stderr at LOG_LEVEL. Raises BadSetting for an unknown level."""
    handler = logging.StreamHandler()
    handler.setFormatter(Fields("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=load_settings().log_level, handlers=[handler])
    # httpx writes whole addresses at INFO; TikTok's token calls carry secrets in theirs.
    logging.getLogger("httpx").setLevel(logging.WARNING)
