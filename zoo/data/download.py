"""Downloads the official archives of known data sets, and unpacks them.

A download that is cut is continued where it stopped, also by a later call: the part that has
arrived is kept next to the target. If a server sends the whole file instead of the rest, the file
replaces the part only when it is complete and right. The file gets its name only after its size,
and its checksum where one is known, have been checked.
"""

import contextlib
import http.client
import os
import re
import shutil
import urllib.error
import urllib.request
from pathlib import Path
from time import sleep

from zoo.data.archive_checks import check_file, check_space
from zoo.data.known import DATA_SETS
from zoo.data.unpack import unpack
from zoo.errors import ZooError, check_choice, reason
from zoo.storage import sync_folder, write_error
from zoo.storage.output_folders import check_folder

BLOCK = 1 << 20
ATTEMPTS = 5  # in a row without a new byte
TIMEOUT = 60  # seconds without a new byte


def names():
    """The data sets with a public address, a list of str."""
    return [name for name, data in DATA_SETS.items() if data.archives]


def download(name, out, log=print):
    """Downloads and unpacks the archives of a data set.

    The archives are kept in the folder `OUT.download` until everything is unpacked there; then the
    result is renamed into `out`. The same call continues after an interruption.

    Args:
        name: str, one of `names()`.
        out: str, the folder of the data set. It may exist if it is empty; or, where a part is
            fetched by hand, if it has none of the archives' folders.
        log: function of a line of text.

    Raises:
        ZooError: an unknown name, `out` has such a folder, the disk is too small, the server
            cannot be reached or offers another file, or an archive is damaged or not safe.
    """
    check_choice("--download", name, names())
    known, out = DATA_SETS[name], check_folder(out)
    if not known.by_hand and out.is_dir() and any(out.iterdir()):
        raise ZooError(
            f"{out} is not empty: if it is the data set, zoo data --check {name} {out}; otherwise "
            "give another folder."
        )
    work = Path(f"{os.path.normpath(out)}.download")
    unpacked = work / "unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)  # of an earlier call; frees its space
    check_space(work, known.archives)
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(str(work), error) from error
    files = [fetch(archive, work / archive.name, log) for archive in known.archives]
    for archive, file in zip(known.archives, files, strict=True):
        log(f"unpacking {file}")
        count = unpack(file, unpacked, archive.into, archive.drop)
        log(f"{archive.name}: {count:,} files")
    _move(unpacked, out)
    shutil.rmtree(work, ignore_errors=True)


def fetch(archive, path, log=print):
    """Downloads an archive, or continues its download.

    Args:
        archive: `zoo.data.known.Archive`.
        path: path of the file to write. A file of this name that passes the checks is kept.
        log: function of a line of text.

    Returns:
        the path.

    Raises:
        ZooError: the server cannot be reached, or the file is not the expected one.
    """
    path = Path(path)
    if path.exists():
        check_file(archive, path)
        log(f"{path} is complete")
        return path
    part = _Part(archive, Path(f"{path}.part"))
    log(f"downloading {archive.address}" + (
        f" from byte {part.size:,}" if part.size else "") + _note(archive))
    part.complete(log)
    check_file(archive, part.path)
    try:
        os.replace(part.path, path)
        sync_folder(path.parent)
    except OSError as error:
        raise write_error(str(path), error) from error
    part.forget()
    return path


class _Part:
    """The part of an archive that has arrived, and the server's mark of its version (the header
    ETag or Last-Modified), in a file next to it. A third file receives a whole archive that the
    server sends instead of the rest."""

    def __init__(self, archive, path):
        self.archive, self.path = archive, path
        self.mark, self.whole = Path(f"{path}.version"), path.with_suffix(".whole.part")
        if archive.bytes and self.size > archive.bytes:
            self.forget()

    @property
    def size(self):
        return self.path.stat().st_size if self.path.exists() else 0

    def forget(self):
        for path in (self.path, self.mark, self.whole):
            path.unlink(missing_ok=True)

    def complete(self, log):
        """Downloads the rest, and continues after a cut connection or a temporary error."""
        failures, ranges = 0, True
        while True:
            before, error = self.size, None
            if self.archive.bytes and before == self.archive.bytes:
                return
            try:
                if self._receive(ranges):
                    return
            except urllib.error.HTTPError as caught:
                if caught.code == 416 and before and ranges:  # the file has no byte after the part
                    ranges = False
                    continue
                if caught.code != 429 and caught.code < 500:
                    raise self._failed(caught) from caught
                error = caught
            except (OSError, http.client.HTTPException) as caught:
                if isinstance(caught, OSError) and caught.errno in (28, 122):  # full disk, quota
                    raise write_error(str(self.path), caught) from caught
                error = caught
            failures = 0 if self.size > before else failures + 1
            if failures >= ATTEMPTS:
                raise self._failed(error) from error
            pause = _pause(failures, error)
            if self.size > before:
                log(f"the connection was cut; continuing from byte {self.size:,}")
            else:
                log(f"{_why(error)}; trying again in {pause} s")
            sleep(pause)

    def _receive(self, ranges):
        """Stores what the server sends; returns whether the file is complete.

        Args:
            ranges: bool, whether to request only the rest.
        """
        start = self.size
        headers = {"User-Agent": "conditional-gan-zoo", "Accept-Encoding": "identity"}
        if start and ranges:
            headers["Range"] = f"bytes={start}-"
            if self.mark.exists():
                headers["If-Range"] = self.mark.read_text("utf-8")
        request = urllib.request.Request(self.archive.address, headers=headers)
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            whole = response.status != 206
            length = response.headers.get("Content-Length")
            total = int(length) + (0 if whole else start) if length else None
            if total is not None:
                self._check_total(total)
            if whole and start:
                return self._receive_whole(response, total)
            mark = response.headers.get("ETag") or response.headers.get("Last-Modified")
            if mark and not mark.startswith("W/"):
                self.mark.write_text(mark, "utf-8")
            _store(response, self.path, "ab")
        return total is None or self.size >= total

    def _receive_whole(self, response, total):
        """Replaces the part by the whole file if it arrives completely and is the right one."""
        try:
            _store(response, self.whole, "wb")
            size = self.whole.stat().st_size
            if total is not None and size < total:
                return False
            self._check_total(size)
            check_file(self.archive, self.whole)
            os.replace(self.whole, self.path)
        finally:
            self.whole.unlink(missing_ok=True)
        return True

    def _check_total(self, total):
        """Raises if the server's file has another size; what has arrived is kept."""
        expected, size = self.archive.bytes, self.size
        if total == expected or not expected and total >= size:
            return
        official = f"{expected:,}" if expected else f"at least the {size:,} that have arrived"
        again = "" if expected else f"remove {self.path} to start again, or "
        raise ZooError(
            f"{self.archive.address} offers {total:,} bytes, but the official {self.archive.name} "
            f"has {official}. A login page or a proxy may have answered: check the network and run "
            f"the same command again; {size:,} bytes are kept. If that does not help, the address "
            f"serves another file now: {again}download the data set by hand from its project's "
            "page."
        )

    def _failed(self, error):
        return ZooError(
            f"{self.archive.address} could not be downloaded: {_why(error)}. {self.size:,} bytes "
            "are kept; the same command continues from there when the network is back."
        )


def _store(response, path, mode):
    with open(path, mode) as file:
        while block := response.read(BLOCK):
            file.write(block)


def _why(error):
    return reason(error) if error else "the server closes the connection"


def _pause(failures, error):
    """Seconds until the next attempt: 1, 2, 4, 8, or a longer Retry-After of at most 99."""
    seconds = 2 ** max(failures - 1, 0)
    header = getattr(error, "headers", {}).get("Retry-After", "")
    return max(seconds, int(header)) if re.fullmatch("[0-9]{1,2}", header) else seconds


def _note(archive):
    if archive.sha256 or archive.address.startswith("https://"):
        return ""
    checked = "only its size is checked" if archive.bytes else "nothing can be checked"
    return f" (by http, without a known checksum: {checked})"


def _move(unpacked, out):
    """Renames the unpacked folder to `out`, or its entries into it."""
    try:
        if not out.exists():
            os.rename(unpacked, out)
        else:
            present = [path.name for path in unpacked.iterdir() if (out / path.name).exists()]
            if present:
                raise ZooError(
                    f"{out} already has {', '.join(sorted(present))}: remove or rename them, or "
                    "give another folder."
                )
            for path in sorted(unpacked.iterdir()):
                os.rename(path, out / path.name)
        with contextlib.suppress(OSError):
            sync_folder(out.parent)
    except OSError as error:
        raise write_error(str(out), error) from error
