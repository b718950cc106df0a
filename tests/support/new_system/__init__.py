"""The files of a system as CONTRIBUTING.md adds one; tests/integration/test_new_system.py uses them."""
