"""Recipes, one config file per paper, and the command-line programs."""
