"""The desk and the context that the workers' tests have."""

from __future__ import annotations

from tests.workers.conftest import context, desk, world

__all__ = ["context", "desk", "world"]
