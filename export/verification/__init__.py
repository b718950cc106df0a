"""The parts of `export.verify`."""
