"""World Tracing backend: one image in, an ordered stack of camera-space surfaces per pixel out.

Importing this package loads nothing heavy; Blender imports `wt_backend.stack` and `.protocol` from it.
"""

__version__ = "0.1.0"
