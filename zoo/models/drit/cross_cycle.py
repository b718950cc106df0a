"""DRIT's forward pass, and the losses of encoders and generator.

Paper: DRIT, arXiv 1808.00948, section 3. Checked against HelenMao/MSGAN DRIT-Mode-Seeking/model.py
    (`forward`, `backward_EG`, `backward_G_alone`).
"""

import tensorflow as tf

from zoo.errors import ZooError
from zoo.models import noise
from zoo.models.drit import losses
from zoo.models.drit.domains import DOMAINS, OTHER
from zoo.models.drit.translator import Translator


class CrossCycle(Translator):
    """Cross-domain translation there and back, with encoded and with random attributes.

    A subclass makes the discriminators `discriminator_a`, `_b`, `_a2`, `_b2` and
    `content_discriminator`.

    Args:
        content_noise: float. Standard deviation of the noise on content features in training.
        loss_weights: dict. Those of `LOSS_WEIGHTS` that differ.
        **kwargs: see `Translator`.
    """

    # The official weights. All terms are means over a domain, and summed over the domains.
    LOSS_WEIGHTS = {
        "adversarial_loss": 1.0,  # of translations with an encoded attribute
        "content_adversarial_loss": 1.0,  # the content discriminator is to say one half
        "self_reconstruction_loss": 10.0,  # L1, from a picture's own content and attribute
        "cross_cycle_loss": 10.0,  # L1, there and back
        "content_loss": 0.01,  # mean square of content features
        "attribute_loss": 0.01,  # KL divergence, a sum over dimensions; feature-wise, mean square
        "random_adversarial_loss": 1.0,  # of translations with a random attribute
        "latent_regression_loss": 10.0,  # L1 of a random attribute to its encoding
    }

    def __init__(self, content_noise=1.0, loss_weights=None, **kwargs):
        unknown = set(loss_weights or {}) - set(self.LOSS_WEIGHTS)
        if unknown:
            raise ZooError(
                f"`loss_weights` may name {sorted(self.LOSS_WEIGHTS)}. Received: {sorted(unknown)}"
            )
        super().__init__(**kwargs)
        self.content_noise = content_noise
        self.loss_weights = {**self.LOSS_WEIGHTS, **(loss_weights or {})}

    def base_config(self):
        return {
            **super().base_config(),
            "content_noise": self.content_noise,
            "loss_weights": dict(self.loss_weights),
        }

    # --- forward ----------------------------------------------------------------------------------

    def normal(self, stream, shape):
        """Noise N(0, 1) float32 of this iteration."""
        return noise.normal(shape, self.noise_key(stream))

    def encode_content(self, images, stream):
        """Content features with noise, dict of domain -> (n, h / 4, w / 4, 4 x filters)."""
        content = self.content_encoder(images)
        noises = {d: self.normal(f"{stream}_{d}", tf.shape(x)) for d, x in content.items()}
        return {
            d: x + tf.cast(self.content_noise * noises[d], x.dtype) for d, x in content.items()
        }

    def encode_attributes(self, images, stream):
        """dict of domain -> dict of `mean`, perhaps `log_var`, and `code`, drawn from them."""
        attributes = self.attribute_encoder(images)
        for domain, values in attributes.items():
            values["code"] = values["mean"]
            if self.concat:
                epsilon = self.normal(f"{stream}_{domain}", tf.shape(values["mean"]))
                values["code"] += tf.exp(0.5 * values["log_var"]) * epsilon
        return attributes

    def forward(self, images):
        """All that the generator makes of n pictures of each domain, and what is read from it.

        Returns:
            dict of dicts by domain: `content` and `attributes` of the pictures; the pictures
            `cross` (the other's content, own attributes), `self` (own content), `cycle` (from the
            content and attributes of `cross`) and `random`, a list of the samples; `regressed`, the
            attributes of the first sample. And `latents`, the list of the samples' attributes.
        """
        content = self.encode_content(images, "content")
        attributes = self.encode_attributes(images, "attributes")
        shape = tf.shape(attributes["a"]["code"])
        latents = [self.normal(f"latents_{i + 1}", shape) for i in range(self.samples)]
        drawn = {
            domain: self._decode(
                domain,
                [content[OTHER[domain]], content[domain], *[content[OTHER[domain]]] * self.samples],
                [attributes[domain]["code"]] * 2 + latents,
            )
            for domain in DOMAINS
        }
        cross = {domain: pictures[0] for domain, pictures in drawn.items()}
        again = self.encode_content(cross, "content_again")
        attributes_again = self.encode_attributes(cross, "attributes_again")
        cycle = {
            d: self._decode(d, [again[OTHER[d]]], [attributes_again[d]["code"]])[0] for d in DOMAINS
        }
        return {
            "content": content,
            "attributes": attributes,
            "cross": cross,
            "self": {domain: pictures[1] for domain, pictures in drawn.items()},
            "cycle": cycle,
            "random": {domain: pictures[2:] for domain, pictures in drawn.items()},
            "regressed": self.attribute_encoder({d: drawn[d][2] for d in DOMAINS}),
            "latents": latents,
        }

    def _decode(self, domain, contents, attributes):
        """Pictures of a domain, a list like the two lists that they are made from."""
        inputs = {"content": tf.concat(contents, 0), "attributes": tf.concat(attributes, 0)}
        return tf.split(self.generator({domain: inputs})[domain], len(contents))

    # --- losses -----------------------------------------------------------------------------------

    def judge(self, network, batches):
        """What a discriminator says of several batches of one size: a list of logit maps each."""
        maps = network(tf.concat(batches, 0), training=True)
        return list(zip(*[tf.split(logits, len(batches)) for logits in maps], strict=True))

    def judge_content(self, content):
        judged = self.judge(self.content_discriminator, [content[d] for d in DOMAINS])
        return dict(zip(DOMAINS, judged, strict=True))

    def first_losses(self, images, outputs):
        judged = {
            d: self.judge(getattr(self, f"discriminator_{d}"), [outputs["cross"][d]])[0]
            for d in DOMAINS
        }
        judged_content = self.judge_content(outputs["content"])
        terms = losses.first_terms(images, outputs, judged, judged_content)
        weighted = self._weighted(terms)
        return {"first_generator_loss": tf.add_n(list(weighted.values())), **weighted}

    def second_losses(self, outputs):
        random = outputs["random"]
        judged = {d: self.judge(getattr(self, f"discriminator_{d}2"), random[d]) for d in DOMAINS}
        weighted = self._weighted(losses.second_terms(outputs, judged))
        latents = tf.concat(outputs["latents"], 0)
        seeking = [self.mode_seeking_term(tf.concat(random[d], 0), latents) for d in DOMAINS]
        seeking = {name: tf.add_n([term[name] for term in seeking]) for name in seeking[0]}
        total = tf.add_n([*weighted.values(), seeking["mode_seeking"]])
        for name in ("image_distance", "latent_distance"):
            seeking[name] /= len(DOMAINS)
        return {"second_generator_loss": total, **weighted, **seeking}

    def _weighted(self, terms):
        return {
            name: self.loss_weights[name] * tf.add_n(list(values.values()))
            for name, values in terms.items()
        }
