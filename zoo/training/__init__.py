"""Training from recipes, and the building blocks of a recipe's `build`.

Example:
    import zoo

    recipe = zoo.training.load_recipe("recipes/attn_gan.py:shapes")
    recipe.config.steps = 200
    print(zoo.training.describe(recipe))
    zoo.training.run(recipe, "runs/a")

Submodules are imported on first use.
"""

from zoo._lazy import lazy_exports

_EXPORTS = {
    name: f"zoo.training.{module}"
    for module, names in {
        "launch": ("run",),
        "description": ("describe", "plan"),
        "recipe": ("Recipe", "load_recipe"),
        "pretraining": ("Stage", "require_weights", "settings_of_stage"),
        "experiment": ("Experiment",),
        "trainer": ("Trainer",),
        "cluster": ("is_chief", "make_strategy"),
        "data": ("TextToImageData",),
        "image_data": ("ImageData",),
        "variants": ("SAMPLE_CAPTIONS", "Based", "based_on", "common_config", "with_variant"),
        "folder_variant": ("BySize",),
        "experiments": ("caption_experiment", "check_caption_batch", "compile_gan",
                        "decay_arguments", "image_experiment", "model_arguments"),
        "config": ("check_batch_size", "check_known_keys"),
        "text": ("check_text", "hub_text_encoder", "load_damsm", "text_arguments"),
        "initial_weights": ("grown_vocabulary",),
        "scores": ("CaptionScore", "MatchingScore", "PairDistance", "frechet_score"),
        "samples": ("ConditionSamples", "DescriptionSamples", "caption_samples",
                    "fixed_conditions"),
    }.items()
    for name in names
}
__all__ = list(_EXPORTS)
__getattr__, __dir__ = lazy_exports(__name__, _EXPORTS)
