"""`python -m demeanor`: the command line, for launchers that start modules (`torchrun -m demeanor train`)."""

import sys

from demeanor.cli import main

if __name__ == "__main__":
    sys.exit(main())
