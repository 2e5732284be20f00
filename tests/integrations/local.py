"""The loopback of these tests, allowed as an operator would allow it."""

from __future__ import annotations

from agency.domain.outbound import read_allowance
from agency.integrations.outbound import Guard

HERE = read_allowance("127.0.0.1")
LOCAL = Guard(HERE)
