r"""Vectors of captions, computed once: what a text encoder says of a data set, as TFRecord.

    python -m recipes.cache_text --data=coco --directory=data/coco --split=train \
        --out=data/coco_bert/train
    python -m recipes.cache_text --data=folder --directory=data/emoji.zip --split=train \
        --preprocess=modules/emoji/preprocess --encoder=modules/emoji/encoder --out=data/emoji_text

A text encoder of TensorFlow Hub is frozen, so its vectors of a caption never change: a training
with `--config.text_cache=data/coco_bert/train` reads them and does not run it. Without
`--preprocess` and `--encoder` they are those of BERT base, fetched or taken from TFHUB_CACHE_DIR.

Vectors are stored as float16: with BERT base and 17 places 27.8 kB a caption, 11.5 GB for the
414,113 captions of COCO's training images, where float32 would take 22.9 GB; the files of
XMC-GAN's authors, with the images, 58 GB. What rounding changes is measured while it is written
and stands in `index.json` under `float16`; docs/text_encoders.md says what it costs.

The files appear one after the other, `index.json` last: a folder without it is no cache. Started
again with the same arguments, an interrupted run goes on behind the last whole file.
"""

from absl import flags

from recipes import _cli
from zoo.errors import ZooError
from zoo.storage import output_folders

_DATA = flags.DEFINE_string("data", "folder", "shapes, folder, birds or coco.")
_DIRECTORY = flags.DEFINE_string("directory", None, "Where the data is.")
_SPLIT = flags.DEFINE_string("split", "train", "train or test.")
_COUNT = flags.DEFINE_integer("count", 4096, "shapes: number of images.")
_PREPROCESS = flags.DEFINE_string("preprocess", None, "Handle of the preprocessing module.")
_ENCODER = flags.DEFINE_string("encoder", None, "Handle of the encoder.")
_PLACES = flags.DEFINE_integer("max_words", 17, "Word pieces of a caption, with both marks.")
_SENTENCE = flags.DEFINE_string("sentence", "all_places", "all_places, words or pooled.")
_BATCH = flags.DEFINE_integer("batch_size", 64, "Captions at a time.")
_SHARD = flags.DEFINE_integer("shard_size", 8192, "Captions in a file.")
_OUT = flags.DEFINE_string("out", None, "Folder to write to.")


def main(argv):
    """Open the data and the modules, then write the cache."""
    del argv
    output_folders.check_folder(_OUT.value)
    for flag in (_BATCH, _SHARD, _COUNT, _PLACES):
        if flag.value < 1:
            raise ZooError(f"--{flag.name} must be at least 1, got {flag.value}.")
    _cli.start_tensorflow()
    with _cli.quiet_stderr():
        from zoo.data.text_cache_writer import write_cache
        from zoo.text.hub_encoder import HubTextEncoder

        source = _source()
        handles = {f.name: f.value for f in (_PREPROCESS, _ENCODER) if f.value}
        encoder = HubTextEncoder(
            **handles, max_tokens=_PLACES.value, sentence=_SENTENCE.value
        )
    index = write_cache(source, encoder, _OUT.value, _BATCH.value, _SHARD.value, progress=print)
    rounding = index["float16"]
    print(
        f"{index['captions']:,} captions in {_OUT.value}; float16 moved the vectors by "
        f"{rounding['relative_error']:.1e} of their size, no number by more than "
        f"{rounding['largest_error']:.1e}"
    )


def _source():
    from zoo.data import get_source

    if _DATA.value == "shapes":
        return get_source("shapes", count=_COUNT.value, split=_SPLIT.value)
    if _DATA.value not in ("folder", "birds", "coco"):
        raise ZooError(f"--data must be shapes, folder, birds or coco, got {_DATA.value!r}.")
    if not _DIRECTORY.value:
        raise ZooError("--directory is missing: where the data is.")
    return get_source(_DATA.value, directory=_DIRECTORY.value, split=_SPLIT.value)


if __name__ == "__main__":
    _cli.run(main)
