"""DRIT's optimizer steps; the functions take the `DRIT` that is trained."""

import tensorflow as tf

from zoo.models.base.weight_decay import coupled_weight_decay
from zoo.models.drit import losses
from zoo.models.drit.domains import DOMAINS
from zoo.models.drit.objectives import discriminate, discriminate_content


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
        clipped, _ = tf.clip_by_global_norm(gradients, model.content_clip)
        return decay(clipped) if decay else clipped

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
