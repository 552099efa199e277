"""Blender's `--python`: play the scenario that is named after `--`."""

import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import stage

stage.run(importlib.import_module(f"scenarios.{sys.argv[-1]}").scenario)
