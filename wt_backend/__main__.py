"""`python -m wt_backend`."""

import sys

from wt_backend.cli import main

sys.exit(main())
