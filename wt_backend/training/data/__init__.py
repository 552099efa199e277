"""Data engine: endless procedural objects and scenes with every surface behind each pixel."""

from wt_backend.training.data.sample import Sample, generate, generate_some

__all__ = ["Sample", "generate", "generate_some"]
