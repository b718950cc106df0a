"""What the recipes of text-to-image systems share: data, sizes for a CPU, sample captions.

`text_to_image_config(system, dataset)` is a whole config but for what a paper sets itself; a recipe
adds its own settings to `model` and the paper's numbers. `damsm_guided_config` does both for the
systems that are trained beside a DAMSM.
"""

from recipes import damsm, texts
from zoo.training.configs import choose, common_config, data_config

# What pre-training takes from the GAN's own config, so that the two cannot disagree.
SHARED = (
    "data", "dataset", "system", "seed", "strategy", "threads", "jit_compile", *texts.KEYS,
)

CAPTIONS = {
    "shapes": (
        "a red circle", "a small star on the left", "a large green triangle",
        "a yellow shape on a black background",
    ),
    "emoji": (
        "grinning face", "red heart", "crying cat", "woman farmer: medium skin tone",
        "man running: dark skin tone", "full moon face", "clapping hands: light skin tone",
        "white medium square",
    ),
    "birds": (
        "this bird is red with white and has a very short beak",
        "a small blue bird with a white belly", "a yellow bird with black wings and a black head",
        "a large black bird with a long curved beak",
    ),
    "coco": (
        "a bowl of fruit on a table", "a herd of sheep grazing on a green field",
        "a red bus driving down a city street", "a pizza with cheese on a plate",
    ),
}


def text_to_image_config(system, dataset, **model):
    """An unlocked config of one of: shapes, emoji, birds, coco.

    Args:
        system: str. The name of a builder in `recipes.builders`.
        dataset: str.
        **model: more settings of the `model` group, with their values.
    """
    config = common_config(system)
    pretraining = damsm.get_config(dataset)
    config.update({
        **texts.text_settings(),
        "damsm": "",  # preset name or directory of a trained DAMSM; "": pre-train one
        "pretraining": {k: v for k, v in pretraining.items() if k not in SHARED},
        "model": {
            "stage_sizes": (64, 128, 256),  # pixels, lowest first
            "generator_filters": 64,
            "discriminator_filters": 64,
            "residual_blocks": 2,  # in each refinement stage
            "latent_dim": 100,
            "condition_dim": 100,
            "mode_seeking_weight": 0.0,  # MSGAN's tasks: 1
            "ema_decay": 0.999,  # of the generator's moving average, which makes the pictures
            "ema_statistics": "average",  # "current": batch statistics not averaged, as released
            **model,
        },
        "optimizer": {  # Adam, the same for the generator and each discriminator
            "learning_rate": 2e-4,
            "beta_1": 0.5,
            "beta_2": 0.999,
            "epsilon": 1e-8,
        },
        "samples": {  # the fixed grid: a row a caption
            "captions": CAPTIONS[dataset],
            "images_per_caption": 6,
            "seed": 0,
        },
    })
    DATASETS[dataset](config, pretraining)
    return config


def _shapes(config, _):
    """Small: two CPU cores are enough."""
    config.steps = 3000
    config.checkpoint_every = 100
    config.sample_every = 250
    config.data = data_config("shapes", count=4096, crop="none", flip=False)
    config.model.update({
        "stage_sizes": (16, 32, 64), "generator_filters": 16, "discriminator_filters": 16,
        "residual_blocks": 1, "latent_dim": 32, "condition_dim": 32, "ema_decay": 0.99,
    })


def _emoji(config, pretraining):
    """Captioned emoji at 64 pixels.

    dtype="mixed_bfloat16" is about twice as fast on a GPU and on CPUs that have instructions for
    it, and several times slower on those that have none.
    """
    config.epochs = 60
    config.data = pretraining.data
    config.model.update({
        "stage_sizes": (16, 32, 64), "generator_filters": 32, "discriminator_filters": 32,
        "residual_blocks": 1, "latent_dim": 64, "condition_dim": 64,
    })


def _birds(config, _):
    config.checkpoint_every = config.sample_every = 1000
    config.data = data_config("birds", directory="data/birds", max_words=18)


def _coco(config, _):
    config.checkpoint_every = config.sample_every = 1000
    config.data = data_config("coco", directory="data/coco", max_words=12)


DATASETS = {"shapes": _shapes, "emoji": _emoji, "birds": _birds, "coco": _coco}


def damsm_guided_config(system, dataset, paper, **model):
    """The locked config of a system that is trained beside a DAMSM.

    Args:
        system, dataset: see `text_to_image_config`.
        paper: dict of dataset -> published numbers, a part of a config (`epochs`, `model`, ...).
        **model: the system's own settings of the `model` group, and others of the common ones.
    """

    def variant():
        settings = {
            "damsm_weight": 5.0,  # lambda; the papers: 5 for CUB, 50 for COCO
            "sample_reduction": "sum",  # mode seeking: how both samples' losses are joined, "mean"
            "mask_tiling": "per_sample",  # "official": each pixel's padding mask as released
            **model,
        }
        config = text_to_image_config(system, dataset, **settings)
        config.update(paper.get(dataset, {}))
        return config.lock()

    return choose(dataset, dict.fromkeys(DATASETS, variant))
