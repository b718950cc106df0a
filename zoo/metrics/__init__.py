"""Measures of generated images: pure functions of arrays in float64, one metric a file.

They know arrays only: features, probabilities, codes, modes. What made these, and from how many
images, is the caller's protocol, which every reported number names.

What grows with the images is taken a batch at a time: `FeatureStatistics` keeps the sums of a
Fréchet distance and never the features; NDB reads some rows at a time of an array that may be bytes
in a file, but k-means holds its training rows; LPIPS, the hits of R-precision and those of SOA are
of rows, whose results are joined. The Inception score needs all probabilities, (n, classes).
"""
