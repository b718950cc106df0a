"""Official checkpoints -> models: one module per paper, with its names (`*_targets`) and `load`.

`zoo.importers.official` has all `load` functions under the names of their systems.
"""
