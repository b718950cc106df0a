r"""Makes a data set of a folder of images: captions, classes, pairs, or two domains.

    python -m recipes.prepare_data --folder=my_images --out=data/mine
    python -m recipes.prepare_data --folder=my_images --out=data/mine --kind=domains --size=128 \
        --licence="CC BY 4.0"

Looks at the folder or .zip, says what it takes it for, and asks for --kind where it may be read in
two ways. Checks every image, splits off a test part, counts words, finds near-duplicates, and
writes the images in the layout that recipes read, `dataset.json`, `SHA256SUMS` and
`contact_sheet.png`. The accepted layouts: docs/data.md.

The data sets of the papers need no preparation; they are downloaded and checked:

    python -m recipes.prepare_data --download=facades --out=data/facades
    python -m recipes.prepare_data --check=facades --folder=data/facades

`--download` continues after an interruption, unpacks, and checks. `--check` prints one line per
item, and exits with status 1 if one is wrong or missing.

The same in Python: `zoo.preparation.prepare`, `zoo.data.download.download` and
`zoo.data.known_check.check`.
"""


from zoo import command_line
from zoo.errors import ZooError

flags = command_line.Flags()
_FOLDER = flags.DEFINE_string("folder", None, "The images: a folder or a .zip file.")
_OUT = flags.DEFINE_string("out", None, "Folder to write to: new or empty.")
_KIND = flags.DEFINE_string("kind", None, "captions, classes, pairs or domains; default: found.")
_SIZE = flags.DEFINE_integer("size", None, "Pixels of the shorter side to resize the images to.")
_TEST = flags.DEFINE_float("test_fraction", None, "Share of the test part, of a folder without "
                                                  "splits; default: 0.1.")
_ERROR = flags.DEFINE_string("on_error", "raise", "skip leaves out what cannot be used.")
_LICENCE = flags.DEFINE_string("licence", "", "The licence of the images, for the record.")
_CHECK = flags.DEFINE_string("check", None, "Check the folder as a paper's data set: birds, coco, "
                                            "cifar10, facades, maps, yosemite or cat2dog.")
_DOWNLOAD = flags.DEFINE_string("download", None, "Download a paper's data set into --out.")
_PREPARING = _FOLDER, _OUT, _KIND, _SIZE, _TEST, _ERROR, _LICENCE


def main(argv):
    """Prepares, checks or downloads a data set, and prints the report; returns the exit status."""
    del argv
    if _CHECK.value is not None and _DOWNLOAD.value is not None:
        raise ZooError("Give one of --check and --download, got both.")
    for mode, used in ((_DOWNLOAD, _OUT), (_CHECK, _FOLDER)):
        unused = [flag.name for flag in _PREPARING if flag.present and flag is not used]
        if mode.value is not None and unused:
            raise ZooError(
                f"--{unused[0]} prepares a folder of images, and --{mode.name} does not: leave one "
                "of them out."
            )
    if _DOWNLOAD.value is not None:
        return download(_DOWNLOAD.value, _OUT.value)
    if _CHECK.value is not None:
        return check(_CHECK.value, _FOLDER.value)
    if not _FOLDER.value:
        raise ZooError("--folder is missing: give a folder of images or a .zip file.")
    command_line.start_tensorflow()
    from zoo.preparation import prepare

    with command_line.quiet_stderr():
        prepare(_FOLDER.value, _OUT.value, _KIND.value, _SIZE.value, _TEST.value, _ERROR.value,
                _LICENCE.value, log=print)


def check(name, folder):
    """Prints the check of a paper's data set; returns 1 if something is wrong, else 0."""
    command_line.start_tensorflow()
    with command_line.quiet_stderr():
        from zoo.data import known_check

        report = known_check.check(name, folder)
    print(report.text)
    return 0 if report.passed else 1


def download(name, out):
    """Downloads a paper's data set, and checks it if nothing has to be added by hand."""
    from zoo.data import download as downloads
    from zoo.data.known import DATA_SETS

    downloads.download(name, out, log=lambda line: print(line, flush=True))
    known = DATA_SETS[name]
    if known.by_hand:
        print(f"{known.by_hand}\nnext: zoo data --check {name} {out}")
        return 0
    if not known.splits:
        print(f"next: {known.command.format(out)}")
        return 0
    return check(name, out)


if __name__ == "__main__":
    command_line.run(main, flags)
