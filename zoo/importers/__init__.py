"""Official checkpoints -> the zoo's variables."""
