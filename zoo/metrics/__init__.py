"""Metrics of generated images: pure functions of arrays in float64, one metric per file.

The inputs are arrays only: features, probabilities, codes, modes. Which networks computed them, and
from how many images, is the caller's protocol, which every reported number names.

Data that grows with the number of images is processed in batches: `FeatureStatistics` keeps the
sums of a Fréchet distance and not the features; NDB reads rows in chunks from an array that may be
memory-mapped, although k-means holds its training rows; LPIPS and the hits of R-precision and SOA
are computed per row, and the results can be concatenated. The Inception score needs all
probabilities, (n, classes).
"""
