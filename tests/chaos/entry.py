"""`python -m tests.chaos.entry FOLDER worker --name w1`: one of our real commands, with fault points installed before.

Nothing of the product knows this module; a running installation has no way to get here.
"""

from __future__ import annotations

import sys
from pathlib import Path

from agency.cli import main
from tests.chaos.hook import Hook

if __name__ == "__main__":
    Hook(Path(sys.argv[1])).install()
    sys.exit(main(sys.argv[2:]))
