"""The most that a folder or .zip file may hold."""

import dataclasses

from zoo.errors import ZooError


@dataclasses.dataclass(frozen=True)
class Limits:
    """Limits on a folder or a .zip file, checked before anything is unpacked.

    Args:
        entries: int. Number of files and folders, including hidden ones.
        depth: int. Levels of nested folders.
        file_bytes: int. Unpacked bytes of one file.
        archive_bytes: int. Unpacked bytes of all files of a .zip together.
        ratio: int. Unpacked bytes per byte of the .zip file, for a file that unpacks to more than
            `ratio_from` bytes.
        ratio_from: int. Unpacked bytes.
        metadata_bytes: int. Bytes of a `metadata.jsonl`.
        line_bytes: int. Bytes of one line of `metadata.jsonl`.
    """

    entries: int = 2_000_000
    depth: int = 32
    file_bytes: int = 2**30
    archive_bytes: int = 2**36
    ratio: int = 100
    ratio_from: int = 2**26
    metadata_bytes: int = 2**29
    line_bytes: int = 2**20

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ZooError(
                    f"The limit {field.name} must be a whole number of at least 1, got {value!r}."
                )


LIMITS = Limits()
