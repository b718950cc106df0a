"""What leaves the library: models as files that a server runs without it."""
