"""One folder a paper: its own networks, its training system, its model card."""
