"""Golden parity of the mode seeking term."""

import numpy as np
import pytest
import tensorflow as tf

from tests.golden.golden import Case, folder
from zoo.losses.mode_seeking import mode_seeking_distances, mode_seeking_loss


def names():
    """All cases of the folder except other papers' variants, including new cases."""
    found = sorted(path.stem for path in (folder() / "mode_seeking").glob("*.npz"))
    return [name for name in found if name != "later_variants"] or ["cifar_like"]


def samples(case):
    """(images 1, images 2, latents 1, latents 2) of a case, from its halves, pair or last scale."""
    i = case.inputs
    if "image_cat" in i:
        return (*np.split(i["image_cat"], 2), *np.split(i["z_cat"], 2))
    scales = sorted(k for k in i if k.startswith("image1"))
    return i[scales[-1]], i[scales[-1].replace("image1", "image2")], i["z1"], i["z2"]


@pytest.mark.parametrize("name", names())
def test_mode_seeking(name):
    case = Case("mode_seeking", name)
    arrays = [tf.constant(array, tf.float32) for array in samples(case)]
    weight = case.meta["config"].get("weight", 1.0)
    with tf.GradientTape() as tape:
        tape.watch(arrays[:2])
        loss = weight * mode_seeking_loss(*arrays)
    image_distance, latent_distance = mode_seeking_distances(*arrays)
    case.check("ratio", image_distance / latent_distance)
    case.check("loss", loss)
    gradients = tape.gradient(loss, arrays[:2])
    if "grad_image_cat" in case.outputs:
        case.check("grad_image_cat", np.concatenate(gradients))
    else:
        case.check("grad_image1", gradients[0])
        case.check("grad_image2", gradients[1])
    if "ratio_if_wrongly_interleaved" in case.outputs:
        images, latents = (np.concatenate(arrays[i : i + 2]) for i in (0, 2))
        distances = mode_seeking_distances(images[::2], images[1::2], latents[::2], latents[1::2])
        case.check("ratio_if_wrongly_interleaved", distances[0] / distances[1])
    case.check_all_seen()


# --- later papers' variants ---------------------------------------------------------------------


def angular_similarity(a, b):
    """1 - arccos(cosine) / pi, the mean over pairs."""
    a, b = (array.reshape(len(array), -1).astype("float64") for array in (a, b))
    cosine = (a * b).sum(1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))
    return (1 - np.arccos(cosine) / np.pi).mean()


def test_later_variants():
    """The relation of later papers' variants to ours, by value.

    StarGAN v2 uses only our image distance, DSGAN divides per sample, InfinityGAN pairs neighbors.
    """
    case = Case("mode_seeking", "later_variants")
    config = case.meta["config"]
    pairs = images_1, images_2, latents_1, latents_2 = samples(case)
    with tf.GradientTape() as tape:
        first = tf.constant(images_1)
        tape.watch(first)
        image_distance, _ = mode_seeking_distances(first, images_2, latents_1, latents_2)
    case.check("stargan_v2_ds", image_distance)
    case.check("stargan_v2_grad_image1", tape.gradient(image_distance, first))

    ratios = []
    for i in range(len(images_1)):
        image, latent = mode_seeking_distances(*(array[i : i + 1] for array in pairs))
        ratios.append(image / (latent + config["dsgan_eps"]))
    case.check("dsgan_ratio", np.mean(ratios))
    case.check("dsgan_capped_ratio", np.minimum(ratios, config["dsgan_tau"]).mean())

    features, latents = case.inputs["struct_feat"], case.inputs["local_latent"]
    neighbours = features[::2], features[1::2], latents[::2], latents[1::2]
    case.check("infinitygan_l1", mode_seeking_loss(*neighbours))
    similarities = angular_similarity(*neighbours[:2]), angular_similarity(*neighbours[2:])
    case.check("infinitygan_sim_x", similarities[0])
    case.check("infinitygan_sim_z", similarities[1])
    case.check("infinitygan_angular", 1 / (similarities[0] / similarities[1] + 1e-5))
    case.check_all_seen()
