"""Log lines: in UTC, and nothing that came from outside can forge a line."""

from __future__ import annotations

import logging
import re

from agency.logs import Fields


def _line(message: str, **fields: object) -> str:
    record = logging.makeLogRecord({"name": "fake", "levelname": "WARNING", "msg": message, **fields})
    return Fields("%(asctime)s %(levelname)s %(name)s %(message)s").format(record)


def test_a_line_begins_with_a_time_in_utc() -> None:
    line = _line("hello", created=0.0, msecs=7.0)
    assert line == "1970-01-01T00:00:00.007Z WARNING fake hello"


def test_fields_stand_behind_the_sentence() -> None:
    assert _line("hello", lane=7).endswith("hello [lane=7]")


def test_what_came_from_outside_begins_no_line_of_its_own() -> None:
    forged = "x\n2026-01-01 ERROR fake stolen\r\x1b[2K\u2028y"
    assert len(_line(forged, reason=forged).splitlines()) == 1
    try:
        raise ValueError(forged)
    except ValueError as error:
        record = logging.makeLogRecord(
            {"name": "fake", "levelname": "ERROR", "msg": "failed", "exc_info": (ValueError, error, None)}
        )
    lines = Fields("%(asctime)s %(levelname)s %(message)s").format(record).split("\n")
    assert re.match(r"\d{4}-.*Z ERROR failed$", lines[0])
    assert all(line.startswith("    ") for line in lines[1:])
    assert "\x1b" not in "".join(lines)
