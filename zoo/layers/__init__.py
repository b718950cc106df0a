"""Blocks that two or more papers share with identical maths, one block or family per file."""
