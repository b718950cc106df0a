"""Losses: pure functions of tensors to scalars, one family per file, in at least float32."""
