"""A fingerprint of the images that a run is trained on, and the first difference of two such sets.

An image's row holds its name, a stamp of its content, and what it is trained with: captions word
for word, its class, a checksum of its embeddings. The stamp is what can be had without reading the
images: the CRC-32 of a file in a .zip, the size of a file in a folder. So captions, classes,
embeddings, names, order and number are compared exactly; an image in a folder that was exchanged
for another of exactly as many bytes is not noticed.
"""

import hashlib
import json
import zlib

import numpy as np

from zoo.data.splits import names_of

_encoder = json.JSONEncoder(separators=(",", ":"))  # made once: a row takes microseconds
FILE, STAMP, CAPTIONS, CLASS, EMBEDDINGS = "file", "stamp", "captions", "class", "embeddings"


def rows_of(source):
    """A dict for each image of a source, of two domains those of A and then of B."""
    if hasattr(source, "a"):
        names = getattr(source, "domains", ("A", "B"))
        for domain, part in zip(names, (source.a, source.b), strict=True):
            yield from ({**row, "domain": domain} for row in rows_of(part))
        return
    names = names_of(source) if hasattr(source, "file_names") else map(str, range(len(source)))
    columns = {FILE: names, STAMP: getattr(source, "stamps", None)}
    columns[CAPTIONS] = getattr(source, "captions", None)
    columns[CLASS] = _classes(source)
    embeddings = getattr(source, "embeddings", None)
    if embeddings is not None:
        columns[EMBEDDINGS] = (zlib.crc32(np.ascontiguousarray(row)) for row in embeddings)
    columns = {name: values for name, values in columns.items() if values is not None}
    for values in zip(*columns.values(), strict=True):
        yield dict(zip(columns, values, strict=True))


def _classes(source):
    """The class of each image, where classes are no mere consequence of the captions."""
    labels = getattr(source, "labels", None)
    if labels is None or hasattr(source, "records"):
        return None
    names = getattr(source, "class_names", None)
    return [str(names[label]) if names else int(label) for label in labels]


def line_of(row):
    """A row as one line of JSON."""
    return _encoder.encode(row)


def fingerprint(lines, source):
    """SHA-256 of the lines of `rows_of`, and of what a source holds of images in memory."""
    digest = hashlib.sha256("\n".join(lines).encode())
    if (content := getattr(source, "checksum", None)) is not None:
        digest.update(str(content).encode())
    return digest.hexdigest()


def first_difference(old, new):
    """The first difference of two lists of rows, in words; "" where there is none.

    Files that are gone or new come first, since they shift everything behind them.
    """
    before, now = ({_key(row) for row in rows} for rows in (old, new))
    for row in old:
        if _key(row) not in now:
            return f"{_named(row)} was there and is not any more"
    for row in new:
        if _key(row) not in before:
            return f"{_named(row)} is new"
    for a, b in zip(old, new, strict=False):
        if a != b:
            return _changed(a, b) if _key(a) == _key(b) else (
                f"the order of the images: {_named(a)} stood where {_named(b)} stands now"
            )
    return "" if len(old) == len(new) else f"there were {len(old)} images and are {len(new)}"


def _key(row):
    return row.get("domain"), row.get(FILE)


def _named(row):
    domain = f" of domain {row['domain']}" if "domain" in row else ""
    return f'"{row.get(FILE)}"{domain}'


def _changed(old, new):
    """What differs in two rows of the same file."""
    name, changed = _named(new), [key for key in (*old, *new) if old.get(key) != new.get(key)]
    if CAPTIONS in changed:
        return _captions(name, old.get(CAPTIONS) or [], new.get(CAPTIONS) or [])
    if CLASS in changed:
        return f'{name} was of the class "{old.get(CLASS)}" and is of "{new.get(CLASS)}"'
    if EMBEDDINGS in changed:
        return f"the embeddings of {name} are others"
    return f"the image {name} is another ({old.get(STAMP)} there, {new.get(STAMP)} now)"


def _captions(name, old, new):
    if len(old) != len(new):
        return f"{name} had {len(old)} captions and has {len(new)}"
    place = next(k for k, (a, b) in enumerate(zip(old, new, strict=True)) if a != b)
    return f'caption {place + 1} of {name} was "{old[place]}" and is "{new[place]}"'
