"""Export of a preset as a SavedModel that TensorFlow Serving or TensorFlow runs on its own.

    python -m export.saved_model --preset=attn_gan_emoji_64 --out=served/attn_gan --version=1

The signature `serving_default` takes the model's condition and `seed` (int64 [B]) and gives
`image_bytes` (string [B], PNG files); `pixels` gives `image` (uint8 [B, H, W, 3]) instead. With
`--samples=N`, `generate_n` gives `image_bytes` (string [B, N]), N images per condition, with the
seeds `seed` to `seed + N - 1`. The condition is

    captions     string [B]               text to image; an unreadable caption (empty, only unknown
                                          words) does not fail its batch, see
                                          `zoo/conditions/captions.py`
    embeddings   float32 [B, features]    StackGAN++ with pre-computed sentence embeddings; XMC-GAN
                                          takes `words`, `sentence` and `lengths`
    labels       int64 [B]                DCGAN
    image_bytes  string [B], files        image to image; the signature `pixels` takes `images`
                                          (uint8 [B, H, W, 3]) instead; DRIT also has `a2b`,
                                          `b2a`, `a2b_pixels`, ...; with guides
                                          `guided`, see
                                          `zoo/conditions/image_serving.py`

and absent for a StackGAN++ without text.

    import tensorflow as tf

    model = tf.saved_model.load("served/attn_gan/1")
    outputs = model.signatures["serving_default"](
        captions=tf.constant(["a red heart"]), seed=tf.constant([7], tf.int64)
    )

A request of more than `--max_batch` rows, with an image of more than `--max_pixels` or a caption of
more than `--max_caption_bytes` is refused before anything is computed. Two exports of one preset
are identical files. With `--bundle`, the files that start TensorFlow Serving are written next to
the version, with values measured on this model, see `export/bundle`.

An existing version is replaced only with `--overwrite`. Writing is atomic. Exit status 0; 1 with
one line that describes the error (`--verbose` adds the traceback); or 130 after Ctrl-C.
"""

import argparse
import contextlib
import os
import tempfile

from export import bundle, cli, request_limits
from export.transports import MOST_VERSION
from zoo import programs, storage
from zoo.allocator import keep_memory
from zoo.checks import check_weights
from zoo.conditions.records import LIMITS, Limits
from zoo.errors import ZooError

MOST_SAMPLES = 64
WARMUP, MOST_WARMUP = (1, 4), 16  # rows of the warm-up requests, and how many sizes


def export_saved_model(
    model, out, version=1, overwrite=False, name=None, limits=None, samples=1, warmup_sizes=WARMUP
):
    """Writes `out/version`, a SavedModel of a model that generates images, atomically.

    Args:
        model: `zoo.models.base.conditional_gan.ConditionalGAN`.
        out: str. The model's folder in a serving tree; created if needed.
        version: int from 1 to 2**63 - 1.
        overwrite: bool. Whether an existing version is replaced; it is unchanged if writing fails.
            Only a SavedModel is replaced, and never a folder that contains the preset.
        name: str or None. The model's name in the warm-up requests, which servers ignore; None
            takes the name of the model's class.
        limits: `zoo.conditions.records.Limits` of a request, or None for the default.
        samples: int from 1 to 64. Images per condition of the signature `generate_n`; 1 leaves it
            out.
        warmup_sizes: ints. Rows of the warm-up requests of each signature.

    Returns:
        str, the path of the version.

    Raises:
        ZooError: the model generates no images or has weights that are not finite, the version
            exists, a number is out of range, a limit is less than its warm-up requests need, or it
            cannot be written.
    """
    import tensorflow as tf

    from export import reproducible, service, warmup

    limits = limits or LIMITS
    check_options(limits, samples, warmup_sizes)
    requests = service.example_requests(model, warmup_sizes, samples)
    request_limits.check_requests(limits, requests)
    check_weights(f"This {type(model).__name__} is not exported", _weights(model))
    target = check_target(out, version, overwrite)
    name = name or type(model).__name__
    with _new_folder(out), storage.atomic_folder(target) as folder:
        try:
            with tempfile.TemporaryDirectory() as assets:
                served = service.Service(model, assets, limits, samples)
                tf.saved_model.save(served, folder, signatures=dict(served.functions))
            reproducible.make_reproducible(folder)
            warmup.write_warmup(folder, requests, name)
            request_limits.write_limits(folder, limits)
        except tf.errors.OpError as error:
            raise storage.tensorflow_write_error(target, error) from error
    return target


def check_options(limits, samples, warmup_sizes=WARMUP):
    """Raises `ZooError` if a limit is not a positive int32, `samples` is not from 1 to 64, or a
    warm-up request would have more rows than the limit."""
    request_limits.check_limits(limits)
    request_limits.check_number("samples", samples, MOST_SAMPLES)
    if not 1 <= len(warmup_sizes) <= MOST_WARMUP:
        raise ZooError(f"warmup must be 1 to {MOST_WARMUP} sizes, got {len(warmup_sizes)}.")
    for rows in warmup_sizes:
        request_limits.check_number("each size of warmup", rows, limits.max_batch)


def _weights(model):
    """dict of name -> array, of all weights that are stored with a model."""
    return {name: value.numpy() for name, value in model.preset_variables().items()}


def check_target(out, version, overwrite, preset=None):
    """The path of a version.

    Args:
        out, version, overwrite: see `export_saved_model`.
        preset: str or None, the handle of the exported preset.

    Raises:
        ZooError: the version must not be written.
    """
    request_limits.check_number("The version", version, MOST_VERSION)
    out = os.fspath(out)
    if not out or "\0" in out:
        raise ZooError(f"The folder to export to needs a name, got {out!r}.")
    if os.path.lexists(out) and not os.path.isdir(out):
        raise ZooError(f"Cannot export to {out}: it is a file. Name a folder.")
    target = os.path.join(out, str(version))
    if preset is not None and os.path.isdir(preset):
        inside = os.path.join(os.path.realpath(preset), "")
        if inside.startswith(os.path.join(os.path.realpath(target), "")):
            raise ZooError(
                f"Cannot export to {target}: it contains the preset {preset}, which would be lost. "
                "Choose another folder."
            )
    storage.recover_folder(target)
    if os.path.lexists(target) and not overwrite:
        raise ZooError(
            f"{target} exists already. Choose another version, or give --overwrite to replace it."
        )
    if os.path.isdir(target) and os.listdir(target):
        if not os.path.isfile(os.path.join(target, "saved_model.pb")):
            raise ZooError(f"{target} is not a SavedModel, so it is not overwritten.")
    return target


@contextlib.contextmanager
def _new_folder(out):
    """Creates `out`; after an exception, the created folders are removed if they are empty."""
    created, folder = [], os.path.abspath(out)
    while not os.path.lexists(folder):
        created.append(folder)
        folder = os.path.dirname(folder)
    try:
        os.makedirs(out, exist_ok=True)
        yield
    except BaseException as error:
        with contextlib.suppress(OSError):
            for folder in created:
                os.rmdir(folder)
        if isinstance(error, OSError):
            raise storage.write_error(out, error) from None
        raise


def _sizes(text):
    parts = text.split(",")
    if not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        raise argparse.ArgumentTypeError(
            f'it must be numbers of rows such as 1,4,16, got "{text[:40]}"'
        )
    return tuple(dict.fromkeys(map(int, parts)))


def make_parser():
    """The parser of the command line."""
    parser = cli.Parser("saved_model", __doc__.splitlines()[0])
    parser.add_argument("--preset", required=True, help="built-in name, directory or handle")
    parser.add_argument("--out", required=True, help="the model's folder, which gets the version")
    parser.add_argument(
        "--version", type=cli.whole_number(1, MOST_VERSION), default=1,
        help="whole number from 1 to 2^63 - 1 (default 1)",
    )
    request_limits.add_flags(parser, LIMITS)
    parser.add_argument(
        "--samples", type=int, default=1, help=f"adds generate_n, for N images, 2 to {MOST_SAMPLES}"
    )
    parser.add_argument(
        "--warmup", type=_sizes, default=WARMUP, metavar="ROWS",
        help="rows of the warm-up requests, with commas (default 1,4)",
    )
    parser.add_argument(
        "--bundle", action="store_true",
        help="also write the files that start TensorFlow Serving: its configuration, measured on "
             "this model, compose.yaml and README.md",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an existing version")
    return parser


def parse(arguments=None):
    """The parsed command line, an `argparse.Namespace`."""
    return make_parser().parse_args(arguments)


def main(arguments=None):
    """Runs the command line; returns the exit code."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

    def work():
        options = parse(arguments)
        limits = Limits(**request_limits.values_of(options))
        check_options(limits, options.samples, options.warmup)
        check_target(options.out, options.version, options.overwrite, options.preset)
        if options.bundle:
            bundle.check_folder(options.out)
        keep_memory()
        with programs.quiet():
            from export import service
            from zoo import presets

            bundle.check_rows(
                options.out, options.version, limits, options.warmup, rewritten=options.bundle
            )
            model = presets.from_preset(options.preset)
            path = export_saved_model(
                model, options.out, options.version, options.overwrite, None, limits,
                options.samples, options.warmup,
            )
            requests = service.example_requests(model, (1,), options.samples)
            signatures = ", ".join(f"{name}({', '.join(inputs)})" for name, inputs in requests)
            written = []
            if options.bundle:
                written = bundle.write_bundle(path, limits, options.preset, options.warmup)
        size = sum(
            os.path.getsize(os.path.join(folder, file))
            for folder, _, files in os.walk(path)
            for file in files
        )
        print(f"{path}: {size / 1e6:.1f} MB, {signatures}")
        if written:
            kept = "" if bundle.MODELS in written else f"; {bundle.MODELS} is kept"
            print(f"{options.out}: {', '.join(written)}{kept}")
        return 0

    return cli.run(work, arguments)


if __name__ == "__main__":
    programs.run(main)
