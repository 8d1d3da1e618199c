"""``python -m boltzmann.cli``."""

import sys

from boltzmann.cli import main

sys.exit(main())
