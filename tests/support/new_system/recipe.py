r"""SpotGAN: class to image.

    python -m recipes.train --config=recipes/spot_gan.py:shapes --workdir=runs/spot

Datasets:
  shapes  procedural, no files; 8 pixels, the label is the kind of shape; seconds.
"""

from zoo import models, training
from zoo.training import common_config, compile_gan, image_experiment, with_variant

VARIANTS = {
    "shapes": {
        "steps": 2, "batch_size": 4, "checkpoint_every": 1, "sample_every": 1,
        "data": {"name": "shape_classes", "count": 12},
    },
}


def get_config(dataset="shapes"):
    """The config of: shapes."""
    config = common_config("spot_gan", dataset, VARIANTS)
    config.update({
        "model": {"image_size": 8, "latent_dim": 4, "mode_seeking_weight": 1.0},
        "optimizer": {"learning_rate": 1e-3, "beta_1": 0.5, "beta_2": 0.999, "epsilon": 1e-8},
        "samples": {"rows": 3, "samples_per_condition": 2, "seed": 0},
        "data": {
            "name": "shape_classes", "directory": "", "held_out_split": "test", "load_size": 0,
            "flip": False, "cache": False, "on_error": "raise", "follow_links": False,
            "count": 12, "held_out_count": 4, "attribute": "shape",
        },
    })
    return with_variant(config, VARIANTS[dataset])


def open_data(config):
    """The images of a config."""
    return training.ImageData(config, "labels")


def build(config, data, pretrained):
    """The `Experiment` of a resolved config. `pretrained` is empty."""
    del pretrained
    training.check_batch_size(config, 2, "a batch of one has no batch statistics")
    names = [str(name) for name in data.source.class_names]
    model = models.SpotGAN(
        classes=len(names), class_names=names, seed=config.seed, **config.model
    )
    compile_gan(model, config)
    return image_experiment(config, data, model)
