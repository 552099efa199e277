"""`python -m wt_backend`."""

import io
import sys

from wt_backend.cli import main

if isinstance(sys.stdout, io.TextIOWrapper):  # file names may hold what a terminal's encoding does not
    sys.stdout.reconfigure(errors="backslashreplace")
sys.exit(main())
