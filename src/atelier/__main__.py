"""`python -m atelier` is the command `atelier`."""

import os
import sys

if sys.argv[1:2] in (["serve"], ["work"]):
    # these speak to nobody in colour, and it would take five megabytes of each for as long as they run
    sys.modules["rich"] = None  # type: ignore[assignment]
    os.environ["TYPER_USE_RICH"] = "0"

from atelier.cli import main

main()
