"""The files of a new system, as CONTRIBUTING.md adds one (tests/integration/test_new_system.py)."""
