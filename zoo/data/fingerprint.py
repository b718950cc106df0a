"""Fingerprint of the images that a run is trained on, and the first difference of two data sets.

An image's row holds its name, a stamp of its content, and its training data: the captions
verbatim, its class, a checksum of its embeddings. The stamp needs no reading of the image: it is
the CRC-32 of a file in a .zip, and the size of a file in a folder. Captions, classes, embeddings,
names, order and number are therefore compared exactly, but the replacement of an image in a folder
by another one of the same size is not detected.
"""

import hashlib
import json
import zlib

import numpy as np

from zoo.data.splits import names_of

_encoder = json.JSONEncoder(separators=(",", ":"))  # created once: a row takes microseconds
FILE, STAMP, CAPTIONS, CLASS, EMBEDDINGS = "file", "stamp", "captions", "class", "embeddings"


def rows_of(source):
    """Yields one dict per image of a source; of two domains, first those of A, then those of B."""
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
    """The class of each image, or None if the classes follow from the captions."""
    labels = getattr(source, "labels", None)
    if labels is None or hasattr(source, "records"):
        return None
    names = getattr(source, "class_names", None)
    return [str(names[label]) if names else int(label) for label in labels]


def line_of(row):
    """A row as one line of JSON."""
    return _encoder.encode(row)


def fingerprint(lines, source):
    """SHA-256 of the lines of `rows_of` and of the checksum of images that a source has in memory.
    """
    digest = hashlib.sha256("\n".join(lines).encode())
    if (checksum := getattr(source, "checksum", None)) is not None:
        digest.update(str(checksum).encode())
    return digest.hexdigest()


def first_difference(old, new):
    """The first difference of two lists of rows, in words; "" if there is none.

    Removed and new files are reported first, since they shift everything after them.
    """
    before, now = ({_key(row) for row in rows} for rows in (old, new))
    for row in old:
        if _key(row) not in now:
            return f"{_name(row)} no longer exists"
    for row in new:
        if _key(row) not in before:
            return f"{_name(row)} is new"
    for a, b in zip(old, new, strict=False):
        if a != b:
            return _changed(a, b) if _key(a) == _key(b) else (
                f"the order of the images: {_name(a)} was where {_name(b)} is now"
            )
    return "" if len(old) == len(new) else f"there were {len(old)} images, now there are {len(new)}"


def _key(row):
    return row.get("domain"), row.get(FILE)


def _name(row):
    domain = f" of domain {row['domain']}" if "domain" in row else ""
    return f'"{row.get(FILE)}"{domain}'


def _changed(old, new):
    """The difference of two rows of the same file, in words."""
    name, changed = _name(new), [key for key in (*old, *new) if old.get(key) != new.get(key)]
    if CAPTIONS in changed:
        return _captions(name, old.get(CAPTIONS) or [], new.get(CAPTIONS) or [])
    if CLASS in changed:
        return f'{name} had the class "{old.get(CLASS)}" and now has "{new.get(CLASS)}"'
    if EMBEDDINGS in changed:
        return f"the embeddings of {name} have changed"
    return f"the image {name} has changed ({old.get(STAMP)} before, {new.get(STAMP)} now)"


def _captions(name, old, new):
    if len(old) != len(new):
        return f"{name} had {len(old)} captions and now has {len(new)}"
    index = next(k for k, (a, b) in enumerate(zip(old, new, strict=True)) if a != b)
    return f'caption {index + 1} of {name} was "{old[index]}" and is now "{new[index]}"'
