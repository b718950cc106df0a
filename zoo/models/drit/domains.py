"""Base class of networks with one part per domain."""

import keras

DOMAINS = ("a", "b")
OTHER = {"a": "b", "b": "a"}


class DomainNetwork(keras.layers.Layer):
    """Maps a dict of domain -> input to a dict of domain -> output, for the domains in it.

    A subclass may override `run(domain, inputs)`; the part of domain "a" is the attribute
    `domain_a`.
    """

    def call(self, inputs):
        return {domain: self.run(domain, value) for domain, value in inputs.items()}

    def part(self, domain):
        return getattr(self, f"domain_{domain}")

    def run(self, domain, inputs):
        return self.part(domain)(inputs)

    def add_parts(self, make):
        """Sets `domain_a` and `domain_b` to the layers that `make(name=...)` returns."""
        for domain in DOMAINS:
            name = f"domain_{domain}"
            setattr(self, name, make(name=name, dtype=self.dtype_policy))
