"""Complete generators of AttnGAN and DM-GAN against the official ones."""

import tensorflow as tf

from tests.golden.golden import built, check_after, check_views, nchw, stage_sizes, tensor
from zoo.importers.state_dict import load_state_dict


def generator_inputs(case):
    i = case.inputs
    return {
        "words": tensor(i["words_embs"].transpose(0, 2, 1)),
        "sentence": tensor(i["sent_emb"]),
        "mask": tf.constant(i["mask"] == 0),  # official: True at padding
        "latents": tensor(i["z"]),
        "noise": tensor(i["eps"]),
    }


def load_generator(kind, names, case, inputs):
    """A generator of class `kind` with the official sizes and mask tiling, and its targets."""
    state_dict, config = case.param(), case.meta["config"]
    generator = kind(
        stage_sizes(state_dict),
        config["GF_DIM"],
        config["R_NUM"],
        config["CONDITION_DIM"],
        config.get("B_DCGAN", False),
        mask_tiling="official",
    )
    built(generator, inputs)
    targets = names.generator_targets(generator)
    load_state_dict(targets, state_dict)
    return generator, targets


def check_generator(case, kind, names):
    inputs = generator_inputs(case)
    generator, targets = load_generator(kind, names, case, inputs)
    for mode, training in (("eval", False), ("train", True)):
        outputs = generator(inputs, training=training)
        for name, values in (("fake", outputs["images"]), ("att", outputs["attention"])):
            for i, value in enumerate(values):
                check_views(case, f"{mode}/{name}{i}", nchw(value))
        case.check(f"{mode}/mu", outputs["mu"])
        case.check(f"{mode}/logvar", outputs["log_var"])
    check_after(case, targets, "train_after/")
    case.check_all_seen()
