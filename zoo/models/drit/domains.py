"""What a network with a part for each of the two domains has in common."""

import keras

DOMAINS = ("a", "b")
OTHER = {"a": "b", "b": "a"}


class DomainNetwork(keras.layers.Layer):
    """Takes a dict of domain -> input and gives a dict of domain -> output, of the domains given.

    A subclass writes `run(domain, inputs)`; the part of domain "a" is the attribute `domain_a`.
    """

    def call(self, inputs):
        return {domain: self.run(domain, value) for domain, value in inputs.items()}

    def part(self, domain):
        return getattr(self, f"domain_{domain}")

    def run(self, domain, inputs):
        return self.part(domain)(inputs)

    def add_parts(self, make):
        """Sets `domain_a` and `domain_b` to what `make(name=...)` gives."""
        for domain in DOMAINS:
            name = f"domain_{domain}"
            setattr(self, name, make(name=name, dtype=self.dtype_policy))
