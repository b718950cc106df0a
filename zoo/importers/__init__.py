"""Importers of official checkpoints: one module per paper, with its names (`*_targets`) and `load`.

`zoo.importers.official` exports all `load` functions under the names of their systems.
"""
