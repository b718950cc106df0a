"""Each reason for which the system refuses a file is reported as what it is."""

import errno
import os

import pytest
import tensorflow as tf

from zoo import storage
from zoo.errors import ZooError

WORDS = {
    errno.ENOSPC: "no space left", errno.EDQUOT: "quota", errno.EFBIG: "larger than a file may be",
    errno.EROFS: "read-only", errno.EACCES: "permission denied", errno.ENAMETOOLONG: "too long",
    errno.EMFILE: "too many files are open", errno.ELOOP: "links form a cycle",
    errno.EIO: os.strerror(errno.EIO), errno.ENOTDIR: "a part of the path is a file",
}


@pytest.mark.parametrize("number", WORDS)
def test_a_true_reason(tmp_path, number):
    error = OSError(number, os.strerror(number))
    message = str(storage.write_error(str(tmp_path / "x"), error, 5_000_000))
    assert WORDS[number] in message and str(tmp_path / "x") in message and "\n" not in message
    assert ("no space" in message or " free" in message) == (number == errno.ENOSPC)
    assert "Earlier content is unchanged." in message


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EROFS])
def test_a_reason_that_tensorflow_passes_on(number):
    error = tf.errors.ResourceExhaustedError(
        None, None, f"{{{{function_node f}}}} /served/1/variables; {os.strerror(number)}"
    )
    message = str(storage.tensorflow_write_error("/served/1", error))
    assert message.startswith("Could not write /served/1: ") and WORDS[number] in message
    other = tf.errors.DataLossError(None, None, "Corrupted record at 7 [Op:Save]")
    message = str(storage.tensorflow_write_error("/served/1", other))
    assert "Corrupted record at 7." in message and "Op:" not in message


def test_real_refusals(tmp_path):
    (tmp_path / "file").write_text("x")
    os.symlink("loop", tmp_path / "loop")
    for name, number in (("n" * 300, errno.ENAMETOOLONG), ("file/x", errno.ENOTDIR),
                         ("loop/x", errno.ELOOP)):
        with pytest.raises(ZooError, match=WORDS[number]):
            storage.write_bytes_atomically(tmp_path / name, b"x")
    assert sorted(os.listdir(tmp_path)) == ["file", "loop"]
