"""Whole networks that two or more papers share."""
