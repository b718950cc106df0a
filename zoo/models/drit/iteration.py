"""The parts of DRIT's training iteration: its schedule, its forward pass, and its updates.

Paper: DRIT, arXiv 1808.00948, section 3. Checked against HelenMao/MSGAN DRIT-Mode-Seeking (model.py
    `forward`, train.py). The functions take the `DRIT` whose networks and settings they use.
"""

import tensorflow as tf

from zoo.errors import ZooError
from zoo.models.base.batch_fields import image_field
from zoo.models.base.weight_decay import coupled_weight_decay
from zoo.models.drit import losses
from zoo.models.drit.domains import DOMAINS, OTHER
from zoo.models.drit.objectives import discriminate, discriminate_content

# --- schedule -------------------------------------------------------------------------------------


def is_full_step(step, every=3, steps_per_epoch=None):
    """Whether a step trains everything, or (False) only the content discriminator.

    Args:
        step: the number of the step, counted from 0.
        every: int. One step in so many is a full one: the last of each group.
        steps_per_epoch: int or None. If given, the count restarts each epoch, and the last two
            steps of an epoch are always full.

    Returns:
        bool, or a boolean tensor.
    """
    if steps_per_epoch is None:
        return (step + 1) % every == 0
    index = step % steps_per_epoch
    return ((index + 1) % every == 0) | (index >= steps_per_epoch - 2)


# --- forward pass: both directions, back, to itself, with random attributes -----------------------


def batch_fields(model):
    """The `batch_fields` of a DRIT."""
    return {f"images_{domain}": image_field(model.image_size) for domain in DOMAINS}


def split_batch(batch):
    """Two dicts of domain -> images: the images to translate, and the others.

    Raises:
        ZooError: a domain is missing, or the sizes are odd or differ.
    """
    names = {domain: f"images_{domain}" for domain in DOMAINS}
    missing = [name for name in names.values() if name not in batch]
    if missing:
        raise ZooError(
            f"DRIT expects batches with `images_a` and `images_b`, got one without "
            f"{' and '.join(missing)}."
        )
    sizes = {batch[name].shape[0] for name in names.values()} - {None}
    if len(sizes) > 1 or any(size % 2 for size in sizes):
        raise ZooError(
            "A batch of DRIT needs an even number of images per replica, the same for both "
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
    """dict of domain -> dict of `mu`, optionally `log_var`, and `code`, a sample of these."""
    attributes = model.attribute_encoder(images)
    for domain, values in attributes.items():
        values["code"] = values["mu"]
        if model.concat:
            epsilon = model.normal(f"{stream}_{domain}", tf.shape(values["mu"]))
            values["code"] += tf.exp(0.5 * values["log_var"]) * epsilon
    return attributes


def forward(model, images):
    """All generated images and encodings for n images of each domain.

    Returns:
        dict of dicts by domain: `content` and `attributes` of the images; the images
        `cross` (content of the other domain, own attributes), `self` (own content and attributes),
        `cycle` (from the content and attributes of `cross`) and `random`, a list of one entry per
        sample; `regressed`, the encoded attributes of the first sample. And `latents`, the list of
        the samples' attributes.
    """
    content = encode_content(model, images, "content")
    attributes = encode_attributes(model, images, "attributes")
    shape = tf.shape(attributes["a"]["code"])
    latents = [model.normal(f"latents_{i + 1}", shape) for i in range(model.latents_per_condition)]
    images = {
        domain: decode(
            model,
            domain,
            [content[OTHER[domain]], content[domain], *[content[OTHER[domain]]] * len(latents)],
            [attributes[domain]["code"]] * 2 + latents,
        )
        for domain in DOMAINS
    }
    cross = {domain: values[0] for domain, values in images.items()}
    cross_content = encode_content(model, cross, "content_again")
    cross_attributes = encode_attributes(model, cross, "attributes_again")
    cycle = {
        d: decode(model, d, [cross_content[OTHER[d]]], [cross_attributes[d]["code"]])[0]
        for d in DOMAINS
    }
    return {
        "content": content,
        "attributes": attributes,
        "cross": cross,
        "self": {domain: values[1] for domain, values in images.items()},
        "cycle": cycle,
        "random": {domain: values[2:] for domain, values in images.items()},
        "regressed": model.attribute_encoder({d: images[d][2] for d in DOMAINS}),
        "latents": latents,
    }


def decode(model, domain, contents, attributes):
    """list of images of a domain, one entry per pair of the two lists."""
    inputs = {"content": tf.concat(contents, 0), "attributes": tf.concat(attributes, 0)}
    return tf.split(model.generator({domain: inputs})[domain], len(contents))


def translate(model, images, attributes, target):
    """Images of the other domain -> images of `target` with these attributes; without noise.

    Shapes: images float (batch, h, w, 3) in [-1, 1], attributes (batch, latent_dim) -> float
    (batch, h, w, 3) in [-1, 1].
    """
    source = OTHER[target]
    content = model.content_encoder({source: images})[source]
    return model.generator({target: {"content": content, "attributes": attributes}})[target]


# --- updates --------------------------------------------------------------------------------------


def update_discriminators(model, images, others, outputs):
    """A step of each image discriminator; returns the sum of their losses."""
    total = []
    for domain in DOMAINS:
        for name, real, fakes in (
            (f"discriminator_{domain}", images[domain], [outputs["cross"][domain]]),
            (f"discriminator_{domain}2", others[domain], outputs["random"][domain]),
        ):
            network = getattr(model, name)
            with tf.GradientTape() as tape:
                real_logits, *fake_logits = discriminate(network, [real, *fakes])
                total.append(losses.discriminator_loss(real_logits, fake_logits))
            variables = network.trainable_variables
            decay = coupled_weight_decay(variables, model.weight_decay)
            model.apply_gradients(f"{name}_optimizer", tape, total[-1], variables, decay)
    return tf.add_n(total)


def update_content_discriminator(model, content):
    """A step of the content discriminator with clipped gradient; returns its loss."""
    variables = model.content_discriminator.trainable_variables
    decay = coupled_weight_decay(variables, model.weight_decay, of_all=True)

    def clip(gradients):
        if model.content_clip is not None:
            gradients, _ = tf.clip_by_global_norm(gradients, model.content_clip)
        return decay(gradients) if decay else gradients

    with tf.GradientTape() as tape:
        loss = losses.content_discriminator_loss(discriminate_content(model, content))
    name = "content_discriminator_optimizer"
    model.apply_gradients(name, tape, loss, variables, clip, of_all=True)
    return loss


def update_networks(model, names, tape, loss):
    """A step of each of the named networks' optimizers, from one backward pass."""
    model.apply_joint_gradients(
        tape,
        loss,
        {f"{name}_optimizer": getattr(model, name).trainable_variables for name in names},
        lambda variables: coupled_weight_decay(variables, model.weight_decay),
    )
