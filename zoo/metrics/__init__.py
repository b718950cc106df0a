"""Measures of generated pictures: pure functions of arrays in float64, one metric a file.

They know arrays only: features, probabilities, codes, modes. What made these, and from how many
pictures, is the caller's protocol, which every reported number names.
"""
