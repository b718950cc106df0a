"""Golden parity of DRIT's terms on given logits, codes and images."""

import tensorflow as tf

from tests.golden.golden import Case, nhwc, tensor
from zoo.models.drit import losses


def test_losses(precision):
    case = Case("drit", "losses")
    given = {name: tensor(value) for name, value in case.inputs.items()}
    scales = range(len(case.meta["config"]["maps"]))
    real, fake = (
        [tensor(nhwc(case.inputs[f"logits_{kind}_scale{i}"])) for i in scales]
        for kind in ("real", "fake")
    )
    case.check("loss_D", losses.discriminator_loss(real, [fake]))
    case.check("loss_G", losses.cross_entropy(fake, 1))
    content = {domain: given[f"content_logits_{domain}"] for domain in "ab"}
    with tf.GradientTape() as tape:
        tape.watch(content)
        loss = losses.content_discriminator_loss({d: [v] for d, v in content.items()})
    case.check("loss_D_content", loss)
    for domain, gradient in tape.gradient(loss, content).items():
        case.check(f"grad_content_logits_{domain}", gradient)
    case.check("loss_G_content_a", losses.content_confusion([content["a"]]))
    case.check("kl_concat", 0.01 * losses.kl_sum(given["mu"], given["logvar"]))
    case.check("l2_reg_attr", 0.01 * losses.mean_square(given["mu"]))
    case.check("l2_reg_content", 0.01 * losses.mean_square(given["content"]))
    case.check("l1_x10", 10 * losses.mean_absolute(given["x"], given["y"]))
    case.check_all_seen()


def test_a_second_sample_counts_the_real_images_again(precision):
    case = Case("drit", "losses")
    scales = range(len(case.meta["config"]["maps"]))
    real, fake = (
        [tensor(nhwc(case.inputs[f"logits_{kind}_scale{i}"])) for i in scales]
        for kind in ("real", "fake")
    )
    case.check("loss_D", losses.discriminator_loss(real, [fake, fake]) / 2)
