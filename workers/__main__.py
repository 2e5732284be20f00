"""`python -m workers --name w1`: one worker process. Imports and builds everything before the first fork."""

from __future__ import annotations

import argparse

from agency.boot import boot
from workers.worker import run_worker


def main() -> None:
    """Parses the name and works until told to stop."""
    parser = argparse.ArgumentParser(prog="workers")
    parser.add_argument("--name", default="worker")
    arguments = parser.parse_args()
    run_worker(boot(), arguments.name)


if __name__ == "__main__":
    main()
