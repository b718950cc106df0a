"""Export of models as files that a server runs without this library."""
