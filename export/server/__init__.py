"""The parts of `export.serve`, a local server of one exported model."""
