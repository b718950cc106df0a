"""Downloads the official archives of known data sets, and unpacks them.

A download that is cut is continued where it stopped, also by a later call: the part that has
arrived is kept next to the target. The file gets its name only after its size, and its checksum
where one is known, have been checked.
"""

import contextlib
import hashlib
import http.client
import os
import shutil
import urllib.error
import urllib.request
from pathlib import Path

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
    _check_space(out.parent, known.archives)
    unpacked = work / "unpacked"
    try:
        work.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(unpacked, ignore_errors=True)
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


def check_file(archive, path):
    """Compares a file with the known size and checksum of an archive.

    Returns:
        str, what was compared: "30,168,306 bytes", "SHA-256 ...", or "" if nothing is known.

    Raises:
        ZooError: another size or another checksum; the file is removed if it ends in ".part".
    """
    path, problem = Path(path), ""
    size = path.stat().st_size
    if archive.bytes and size != archive.bytes:
        problem = f"it has {size:,} bytes instead of {archive.bytes:,}"
    elif archive.sha256:
        with open(path, "rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != archive.sha256:
            problem = f"its SHA-256 is {found} instead of {archive.sha256}"
    if problem:
        if path.suffix == ".part":
            path.unlink()
        raise ZooError(
            f"{path} is not the official {archive.name}: {problem}. Remove it and run the command "
            f"again; if that does not help, {archive.address} has changed."
        )
    if archive.sha256:
        return f"SHA-256 {archive.sha256}"
    return f"{archive.bytes:,} bytes" if archive.bytes else ""


class _Part:
    """The part of an archive that has arrived, and the server's mark of its version (the header
    ETag or Last-Modified), in a file next to it."""

    def __init__(self, archive, path):
        self.archive, self.path, self.mark = archive, path, Path(f"{path}.version")
        if archive.bytes and self.size > archive.bytes:
            self.forget()

    @property
    def size(self):
        return self.path.stat().st_size if self.path.exists() else 0

    def forget(self):
        for path in (self.path, self.mark):
            path.unlink(missing_ok=True)

    def complete(self, log):
        """Downloads the rest, and continues after a connection that is cut."""
        failures = 0
        while True:
            before, error = self.size, None
            if self.archive.bytes and before == self.archive.bytes:
                return
            try:
                if self._receive():
                    return
            except urllib.error.HTTPError as caught:
                if caught.code == 416 and before:  # the part is longer than the file
                    self.forget()
                    continue
                raise self._failed(caught) from caught
            except (OSError, http.client.HTTPException) as caught:
                if isinstance(caught, OSError) and caught.errno in (28, 122):  # full disk, quota
                    raise write_error(str(self.path), caught) from caught
                error = caught
            failures = 0 if self.size > before else failures + 1
            if failures >= ATTEMPTS:
                raise self._failed(error) from error
            if self.size > before:
                log(f"the connection was cut; continuing from byte {self.size:,}")

    def _receive(self):
        """Appends what the server sends; returns whether the file is complete."""
        start = self.size
        headers = {"User-Agent": "conditional-gan-zoo", "Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
            if self.mark.exists():
                headers["If-Range"] = self.mark.read_text("utf-8")
        request = urllib.request.Request(self.archive.address, headers=headers)
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            whole = response.status != 206
            length = response.headers.get("Content-Length")
            total = int(length) + (0 if whole else start) if length else None
            self._check_total(total)
            mark = response.headers.get("ETag") or response.headers.get("Last-Modified")
            if mark and not mark.startswith("W/"):
                self.mark.write_text(mark, "utf-8")
            with open(self.path, "wb" if whole else "ab") as file:
                while block := response.read(BLOCK):
                    file.write(block)
        return total is None or self.size >= total

    def _check_total(self, total):
        expected = self.archive.bytes
        if expected and total is not None and total != expected:
            self.forget()
            raise ZooError(
                f"{self.archive.address} offers {total:,} bytes, but the official "
                f"{self.archive.name} has {expected:,}: the address serves another file now. "
                "Download the data set by hand from its project's page."
            )

    def _failed(self, error):
        why = reason(error) if error else "the server closes the connection"
        return ZooError(
            f"{self.archive.address} could not be downloaded: {why}. {self.size:,} bytes are kept; "
            "the same command continues from there when the network is back."
        )


def _note(archive):
    if archive.sha256 or archive.address.startswith("https://"):
        return ""
    checked = "only its size is checked" if archive.bytes else "nothing can be checked"
    return f" (by http, without a known checksum: {checked})"


def _check_space(folder, archives):
    """Raises unless the disk has room for the archives and their content."""
    while not folder.exists():
        folder = folder.parent
    need, free = 2.2 * sum(archive.bytes for archive in archives), shutil.disk_usage(folder).free
    if need > free:
        raise ZooError(
            f"{folder} has {free / 1e9:,.1f} GB free, but the archives and their content take "
            f"{need / 1e9:,.1f} GB: free some space, or give another folder."
        )


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
