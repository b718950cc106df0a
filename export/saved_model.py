"""A preset as a SavedModel that TensorFlow Serving, or plain TensorFlow, runs without this package.

    python -m export.saved_model --preset=attn_gan_emoji_64 --out=served/attn_gan --version=1

The signature `serving_default` takes the model's condition and `seed` (int64 [B]) and gives `image`
(uint8 [B, H, W, 3]) and `image_bytes` (string [B], PNG files). To get several pictures of one
condition, repeat it with other seeds. The condition is

    captions     string [B]               text to image; an odd caption (empty, unknown words only)
                                          fails nobody's batch, see `export/texts.py`
    embeddings   float32 [B, features]    a StackGAN++ of pre-computed sentence embeddings; an
                                          XMC-GAN takes `words`, `sentence` and `lengths`
    labels       int64 [B]                DCGAN
    image_bytes  string [B], files        image to image; the signature `pixels` takes `images`
                                          (uint8 [B, H, W, 3]) instead; DRIT has `a2b`, `b2a`,
                                          `a2b_pixels` and `b2a_pixels`, see `export/pictures.py`

and nothing for a StackGAN++ without text.

    import tensorflow as tf

    model = tf.saved_model.load("served/attn_gan/1")
    outputs = model.signatures["serving_default"](
        captions=tf.constant(["a red heart"]), seed=tf.constant([7], tf.int64)
    )

Exit code 0, or 1 with one line that says what is wrong. Nothing half-written is left behind.
"""

import argparse
import contextlib
import os
import sys
import tempfile

from zoo import storage
from zoo.errors import ZooError


def export_saved_model(model, out, version=1, overwrite=False, name=None):
    """Writes `out/version`, a SavedModel of a model that makes pictures, wholly or not at all.

    Args:
        model: `zoo.models.conditional_gan.ConditionalGAN`.
        out: str. The model's folder in a serving tree; it is made if needed.
        version: int, at least 1.
        overwrite: bool. Whether an existing version is replaced.
        name: str or None. The model's name in the warm-up requests; None takes the folder's name.

    Returns:
        str, the path of the version.

    Raises:
        ZooError: a model that makes no pictures, the version exists, or the disk is full.
    """
    import tensorflow as tf

    from export import service, warmup

    requests = service.example_requests(model)
    target = check_target(out, version, overwrite)
    name = name or os.path.basename(os.path.realpath(out))
    with _new_folder(out), storage.atomic_folder(target) as folder:
        try:
            with tempfile.TemporaryDirectory() as assets:
                served = service.Service(model, assets)
                tf.saved_model.save(served, folder, signatures=dict(served.functions))
            warmup.write_warmup(folder, requests, name)
        except tf.errors.OpError as error:
            raise ZooError(
                f"Could not write {target}: {error.message} What was there before is untouched."
            ) from None
    return target


def check_target(out, version, overwrite):
    """The path of a version. Raises `ZooError` if it may not be written."""
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise ZooError(f"The version must be a whole number from 1 on, got {version!r}.")
    if os.path.lexists(out) and not os.path.isdir(out):
        raise ZooError(f"Cannot export to {out}: it is a file. Name a folder.")
    target = os.path.join(os.fspath(out), str(version))
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
    """Makes `out`; an exception removes the folders that were made, as far as they are empty."""
    made, folder = [], os.path.abspath(out)
    while not os.path.lexists(folder):
        made.append(folder)
        folder = os.path.dirname(folder)
    try:
        os.makedirs(out, exist_ok=True)
        yield
    except BaseException as error:
        with contextlib.suppress(OSError):
            for folder in made:
                os.rmdir(folder)
        if isinstance(error, OSError):
            raise storage.write_error(out, error) from None
        raise


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise ZooError(f"{message}. --help lists the options.")


def parse(arguments=None):
    """The command line, as an `argparse.Namespace`."""
    parser = _Parser(
        prog="python -m export.saved_model", description=__doc__.splitlines()[0], allow_abbrev=False
    )
    parser.add_argument("--preset", required=True, help="built-in name, directory or handle")
    parser.add_argument("--out", required=True, help="the model's folder; a version is made in it")
    parser.add_argument("--version", type=int, default=1, help="whole number from 1 on (default 1)")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing version")
    return parser.parse_args(arguments)


def main(arguments=None):
    """Runs the command line; returns the exit code."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        options = parse(arguments)
        check_target(options.out, options.version, options.overwrite)
        with quiet():
            from export import service
            from zoo import presets

            model = presets.from_preset(options.preset)
            path = export_saved_model(model, options.out, options.version, options.overwrite)
            signatures = ", ".join(
                f"{name}({', '.join(inputs)})"
                for name, inputs in service.example_requests(model, sizes=(1,))
            )
    except ZooError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    size = sum(
        os.path.getsize(os.path.join(folder, file))
        for folder, _, files in os.walk(path)
        for file in files
    )
    print(f"{path}: {size / 1e6:.1f} MB, {signatures} -> image, image_bytes")
    return 0


@contextlib.contextmanager
def quiet():
    """Hides what TensorFlow's libraries print to the error stream while they start."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


if __name__ == "__main__":
    sys.exit(main())
