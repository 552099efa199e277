"""Parity with numeric fixtures of the official code (format ``wt-dit-golden-1``; see `wt_backend.verify`)."""
