r"""Makes a data set of a folder of images: captions, classes, pairs, or two domains.

    python -m recipes.prepare_data --folder=my_images --out=data/mine
    python -m recipes.prepare_data --folder=my_images --out=data/mine --kind=domains --size=128 \
        --licence="CC BY 4.0"

Looks at the folder or .zip, says what it takes it for, and asks for --kind where it may be read in
two ways. Checks every image, splits off a test part, counts words, finds near-duplicates, and
writes the images in the layout that recipes read, `dataset.json`, `SHA256SUMS` and
`contact_sheet.png`. The accepted layouts: docs/data.md.

The same in Python: `zoo.preparation.prepare`.
"""


from zoo import command_line
from zoo.errors import ZooError

flags = command_line.Flags()
_FOLDER = flags.DEFINE_string("folder", None, "The images: a folder or a .zip file.")
_OUT = flags.DEFINE_string("out", None, "Folder to write to: new or empty.")
_KIND = flags.DEFINE_string("kind", None, "captions, classes, pairs or domains; default: found.")
_SIZE = flags.DEFINE_integer("size", None, "Pixels of the shorter side to resize the images to.")
_TEST = flags.DEFINE_float("test_fraction", 0.1, "Share of the test part, if there are no splits.")
_ERROR = flags.DEFINE_string("on_error", "raise", "skip leaves out what cannot be used.")
_LICENCE = flags.DEFINE_string("licence", "", "The licence of the images, for the record.")


def main(argv):
    """Prepares the folder and prints the report."""
    del argv
    if not _FOLDER.value:
        raise ZooError("--folder is missing: give a folder of images or a .zip file.")
    command_line.start_tensorflow()
    from zoo.preparation import prepare

    with command_line.quiet_stderr():
        prepare(_FOLDER.value, _OUT.value, _KIND.value, _SIZE.value, _TEST.value, _ERROR.value,
                _LICENCE.value, log=print)


if __name__ == "__main__":
    command_line.run(main, flags)
