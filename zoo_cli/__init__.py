"""The command `zoo`, which starts the programs of `recipes` and the export by their names."""
