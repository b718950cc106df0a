"""Pure functions of tensors to scalars, one family a file. All compute in at least float32."""
