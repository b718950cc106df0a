r"""Computes the text encoder's vectors of all captions of a data set and stores them as TFRecord.

    python -m recipes.cache_text --data=coco --directory=data/coco --split=train \
        --out=data/coco_bert/train
    python -m recipes.cache_text --data=emoji --directory=data/emoji.zip --split=train \
        --preprocess=modules/emoji/preprocess --encoder=modules/emoji/encoder --out=data/emoji_text

A text encoder from TensorFlow Hub is frozen, so its vectors of a caption never change: training
with `--config.text_cache=data/coco_bert/train` reads them instead of running the encoder. Without
`--preprocess` and `--encoder` it is BERT base, downloaded or taken from TFHUB_CACHE_DIR.

Vectors are stored as float16: with BERT base and 17 tokens, 27.8 kB per caption, or 11.5 GB for the
414,113 captions of COCO's training images; float32 would take 22.9 GB, and the files of XMC-GAN's
authors, with the images, take 58 GB. The rounding error is measured during writing and stored in
`index.json` under `float16`; docs/text_encoders.md describes its effect.

The files are written in sequence, `index.json` last: a folder without it is not a valid cache. When
run again with the same arguments, an interrupted run resumes after the last complete file.
"""


from zoo import command_line
from zoo.errors import ZooError, check_choice
from zoo.storage import output_folders
from zoo.text.hub import check_both_handles

flags = command_line.Flags()
_DATA = flags.DEFINE_string("data", "folder", "folder, emoji, birds, coco or shapes.")
_DIRECTORY = flags.DEFINE_string("directory", None, "Directory of the data.")
_SPLIT = flags.DEFINE_string("split", "train", "train or test.")
_COUNT = flags.DEFINE_integer("count", 4096, "shapes: number of images.")
_PREPROCESS = flags.DEFINE_string("preprocess", None, "Handle of the preprocessing module.")
_ENCODER = flags.DEFINE_string("encoder", None, "Handle of the encoder.")
_TOKENS = flags.DEFINE_integer("max_words", 17, "Word pieces per caption, with [CLS] and [SEP].")
_SENTENCE = flags.DEFINE_string("sentence", "all_places", "all_places, words or pooled.")
_BATCH = flags.DEFINE_integer("batch_size", 64, "Captions at a time.")
_SHARD = flags.DEFINE_integer("shard_size", 8192, "Captions per file.")
_OUT = flags.DEFINE_string("out", None, "Folder to write to.")


def main(argv):
    """Opens the data and the modules, then writes the cache."""
    del argv
    output_folders.check_folder(_OUT.value)
    for flag in (_BATCH, _SHARD, _COUNT, _TOKENS):
        if flag.value < 1:
            raise ZooError(f"--{flag.name} must be at least 1, got {flag.value}.")
    handles = {flag.name: flag.value for flag in (_PREPROCESS, _ENCODER) if flag.value}
    check_both_handles("--{}", handles)
    command_line.start_tensorflow()
    with command_line.quiet_stderr():
        from zoo.data.text_cache_writer import write_cache
        from zoo.text.hub_encoder import HubTextEncoder

        source = _source()
        encoder = HubTextEncoder(
            **handles, max_tokens=_TOKENS.value, sentence=_SENTENCE.value
        )
    index = write_cache(source, encoder, _OUT.value, _BATCH.value, _SHARD.value, progress=print)
    rounding = index["float16"]
    print(
        f"{index['captions']:,} captions in {_OUT.value}; float16 rounding has a relative "
        f"error of {rounding['relative_error']:.1e} and a maximum absolute error of "
        f"{rounding['largest_error']:.1e}"
    )


def _source():
    from zoo.data import FORMS, get_source

    check_choice("--data", _DATA.value, FORMS["captions"])
    if _DATA.value == "shapes":
        if _DIRECTORY.value:
            raise ZooError(
                f"--directory={_DIRECTORY.value} has no effect on shapes, which are procedural: "
                "leave it out, or give --data."
            )
        return get_source("shapes", count=_COUNT.value, split=_SPLIT.value)
    if _COUNT.present:
        raise ZooError(
            f"--count is the number of images that shapes draws; of {_DATA.value} all captions are "
            "cached: leave it out."
        )
    if not _DIRECTORY.value:
        raise ZooError("--directory is missing: give the directory of the data.")
    return get_source(_DATA.value, directory=_DIRECTORY.value, split=_SPLIT.value)


if __name__ == "__main__":
    command_line.run(main, flags)
