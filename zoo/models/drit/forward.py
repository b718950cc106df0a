"""DRIT's forward pass in training: translation there and back, by encoded and random attributes.

Paper: DRIT, arXiv 1808.00948, section 3. Checked against HelenMao/MSGAN DRIT-Mode-Seeking/model.py
    (`forward`). The functions take the `DRIT` whose networks and settings they use.
"""

import tensorflow as tf

from zoo.errors import ZooError
from zoo.models.drit.domains import DOMAINS, OTHER


def split_batch(batch):
    """Two dicts of domain -> images: those that are translated, and the others.

    Raises:
        ZooError: a domain is missing, or the sizes are odd or differ.
    """
    names = {domain: f"images_{domain}" for domain in DOMAINS}
    missing = [name for name in names.values() if name not in batch]
    if missing:
        raise ZooError(f"DRIT trains on `images_a` and `images_b`; the batch lacks {missing}.")
    sizes = {batch[name].shape[0] for name in names.values()} - {None}
    if len(sizes) > 1 or any(size % 2 for size in sizes):
        raise ZooError(
            "A batch of DRIT needs an even number of images a replica, the same of both "
            f"domains, got {sorted(sizes)}. The first half is translated."
        )
    halves = {domain: tf.split(batch[name], 2) for domain, name in names.items()}
    return [{domain: half[i] for domain, half in halves.items()} for i in range(2)]


def encode_content(model, images, stream):
    """Content features with noise, dict of domain -> (n, h / 4, w / 4, 4 x filters)."""
    content = model.content_encoder(images)
    noises = {d: model.normal(f"{stream}_{d}", tf.shape(x)) for d, x in content.items()}
    return {
        d: x + tf.cast(model.content_noise * noises[d], x.dtype) for d, x in content.items()
    }


def encode_attributes(model, images, stream):
    """dict of domain -> dict of `mean`, perhaps `log_var`, and `code`, drawn from them."""
    attributes = model.attribute_encoder(images)
    for domain, values in attributes.items():
        values["code"] = values["mean"]
        if model.concat:
            epsilon = model.normal(f"{stream}_{domain}", tf.shape(values["mean"]))
            values["code"] += tf.exp(0.5 * values["log_var"]) * epsilon
    return attributes


def forward(model, images):
    """All that the generator makes of n images of each domain, and what is read from it.

    Returns:
        dict of dicts by domain: `content` and `attributes` of the images; the images
        `cross` (the other's content, own attributes), `self` (own content), `cycle` (from the
        content and attributes of `cross`) and `random`, a list of the samples; `regressed`, the
        attributes of the first sample. And `latents`, the list of the samples' attributes.
    """
    content = encode_content(model, images, "content")
    attributes = encode_attributes(model, images, "attributes")
    shape = tf.shape(attributes["a"]["code"])
    latents = [model.normal(f"latents_{i + 1}", shape) for i in range(model.latents_per_condition)]
    drawn = {
        domain: decode(
            model,
            domain,
            [content[OTHER[domain]], content[domain], *[content[OTHER[domain]]] * len(latents)],
            [attributes[domain]["code"]] * 2 + latents,
        )
        for domain in DOMAINS
    }
    cross = {domain: pictures[0] for domain, pictures in drawn.items()}
    again = encode_content(model, cross, "content_again")
    attributes_again = encode_attributes(model, cross, "attributes_again")
    cycle = {
        d: decode(model, d, [again[OTHER[d]]], [attributes_again[d]["code"]])[0] for d in DOMAINS
    }
    return {
        "content": content,
        "attributes": attributes,
        "cross": cross,
        "self": {domain: pictures[1] for domain, pictures in drawn.items()},
        "cycle": cycle,
        "random": {domain: pictures[2:] for domain, pictures in drawn.items()},
        "regressed": model.attribute_encoder({d: drawn[d][2] for d in DOMAINS}),
        "latents": latents,
    }


def decode(model, domain, contents, attributes):
    """Pictures of a domain, a list like the two lists that they are made from."""
    inputs = {"content": tf.concat(contents, 0), "attributes": tf.concat(attributes, 0)}
    return tf.split(model.generator({domain: inputs})[domain], len(contents))
