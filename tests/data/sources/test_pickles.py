import os
import pickle

import numpy as np
import pytest

from zoo.data.sources.pickles import (
    load_embeddings,
    load_list,
    load_official_vocabulary,
    load_pickle,
)
from zoo.errors import ZooError


class Evil:
    def __reduce__(self):
        return os.mkdir, (os.environ["EVIL_FOLDER"],)


def _save(path, value, protocol=2):
    path.write_bytes(pickle.dumps(value, protocol=protocol))
    return path


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_plain_values(tmp_path, protocol):
    value = {"a": [1, 2.5, "x", b"bytes", None, True, (1, 2)], 3: np.arange(4.0)}
    loaded = load_pickle(_save(tmp_path / "p", value, protocol))
    assert loaded["a"] == value["a"]
    np.testing.assert_array_equal(loaded[3], value[3])


def test_python_2_pickle(tmp_path):
    path = tmp_path / "p"
    path.write_bytes(b"(lp0\nS'001.Crow/Crow_1'\np1\naS'b'\np2\na.")
    assert load_list(path, str) == ["001.Crow/Crow_1", "b"]


PYTHON_2 = (  # numpy.int64 scalars, as in the class_info.pickle of the birds' training split
    b"(lp0\ncnumpy.core.multiarray\nscalar\np1\n(cnumpy\ndtype\np2\n(S'i8'\np3\nI0\nI1\ntp4\nRp5\n"
    b"(I3\nS'<'\np6\nNNNI-1\nI-1\nI0\ntp7\nbS'\\xc8\\x00\\x00\\x00\\x00\\x00\\x00\\x00'\n"
    b"p8\ntp9\nRp10\nag1\n(g5\nS'\\x02\\x00\\x00\\x00\\x00\\x00\\x00\\x00'\np11\ntp12\nRp13\na."
)
NAMES = b"(lp0\nV001.Crow/Crow_1\np1\naVcaf\xe9\np2\na."


@pytest.mark.parametrize("damage", [False, True])
def test_line_ends_of_a_text_checkout_are_undone(tmp_path, damage):
    path = tmp_path / "p"
    for data, kind, want in ((PYTHON_2, int, [200, 2]), (NAMES, str, ["001.Crow/Crow_1", "café"])):
        path.write_bytes(data.replace(b"\n", b"\r\n") if damage else data)
        assert load_list(path, kind) == want


def test_carriage_returns_that_belong_there_stay(tmp_path):
    for protocol in (0, 2, 4):
        assert load_pickle(_save(tmp_path / "p", ["a\r\n", b"b\r\n"], protocol)) == [
            "a\r\n",
            b"b\r\n",
        ]


EMBEDDINGS = np.random.RandomState(0).normal(size=[3, 2, 4]).astype("float32")


@pytest.mark.parametrize("protocol", [0, 2, 5])
@pytest.mark.parametrize("form", [list, np.array, np.ndarray.tolist])
def test_embeddings(tmp_path, protocol, form):
    loaded = load_embeddings(_save(tmp_path / "p", form(EMBEDDINGS), protocol), 3)
    assert loaded.dtype == np.float32
    np.testing.assert_array_equal(loaded, EMBEDDINGS)


def test_embeddings_name_the_file_that_is_wrong(tmp_path, monkeypatch):
    with pytest.raises(ZooError, match="e.pickle: .*embeddings of 3 images for 5"):
        load_embeddings(_save(tmp_path / "e.pickle", EMBEDDINGS), 5)
    with pytest.raises(ZooError, match="e.pickle: expected a list or an array .* got a dict"):
        load_embeddings(_save(tmp_path / "e.pickle", {"a": EMBEDDINGS}), 3)
    target = tmp_path / "made"
    monkeypatch.setenv("EVIL_FOLDER", str(target))
    with pytest.raises(ZooError, match="e.pickle: this pickle is refused"):
        load_embeddings(_save(tmp_path / "e.pickle", [EMBEDDINGS, Evil()]), 3)
    assert not target.exists()
    with pytest.raises(ZooError, match="no.pickle: cannot be read"):
        load_embeddings(tmp_path / "no.pickle", 3)


def test_buffers_hold_numbers_only(tmp_path):
    objects = (
        b"cnumpy.core.numeric\n_frombuffer\n(S'12345678'\ncnumpy\ndtype\n(S'O'\ntR(I1\ntS'C'\ntR."
    )
    (tmp_path / "p").write_bytes(objects)
    with pytest.raises(ZooError, match="not a readable pickle .*OBJECT"):
        load_pickle(tmp_path / "p")


def test_lists(tmp_path):
    assert load_list(_save(tmp_path / "p", np.array([1, 2])), int) == [1, 2]
    assert load_list(_save(tmp_path / "p", [np.int64(3)]), int) == [3]
    with pytest.raises(ZooError, match="expected a list of int"):
        load_list(_save(tmp_path / "p", ["a"]), int)
    with pytest.raises(ZooError, match="expected a list of str"):
        load_list(_save(tmp_path / "p", {"a": 1}), str)


def test_code_is_refused(tmp_path, monkeypatch):
    target = tmp_path / "made"
    monkeypatch.setenv("EVIL_FOLDER", str(target))
    path = _save(tmp_path / "p", [Evil()])
    with pytest.raises(ZooError, match="refused: it wants to create .*mkdir"):
        load_pickle(path)
    assert not target.exists()


@pytest.mark.parametrize(
    "data", [b"cbuiltins\neval\n(S'1'\ntR.", b"cnumpy\nload\n.", b"c_codecs\nlookup\n."]
)
def test_other_names_are_refused(tmp_path, data):
    (tmp_path / "p").write_bytes(data)
    with pytest.raises(ZooError, match="refused"):
        load_pickle(tmp_path / "p")


def test_broken_and_missing_files(tmp_path):
    with pytest.raises(ZooError, match="cannot be read"):
        load_pickle(tmp_path / "no")
    for data in (b"", b"hello", pickle.dumps([1] * 100)[:20]):
        (tmp_path / "p").write_bytes(data)
        with pytest.raises(ZooError, match="not a readable pickle"):
            load_pickle(tmp_path / "p")


def test_official_vocabulary(tmp_path):
    words = {0: "<end>", 1: "bird", 2: "red"}
    content = [[[1]], [[2]], words, {word: index for index, word in words.items()}]
    vocabulary = load_official_vocabulary(_save(tmp_path / "p", content))
    assert vocabulary.tokens == ("<end>", "bird", "red")
    with pytest.raises(ZooError, match="expected \\[train captions"):
        load_official_vocabulary(_save(tmp_path / "p", [1, 2]))


class Huge:
    """Asks NumPy for an array of a size that the file does not hold."""

    def __reduce__(self):
        return np.ndarray, ((10**13,),)


class HugeStart:
    def __reduce__(self):
        from numpy.core.multiarray import _reconstruct

        return _reconstruct, (np.ndarray, (10**13,), b"b")


def _laughs():
    value = ["ha"]
    for _ in range(40):
        value = [value] * 10
    return value


def _loop():
    value = []
    value.append(value)
    return value


@pytest.mark.parametrize(("make", "message"), [
    (Huge, "not a readable pickle|refused"),
    (HugeStart, "create an array in an unexpected way"),
    (_laughs, "repeats its own parts"),
    (_loop, "repeats its own parts"),
    (lambda: {"a": _laughs()}, "repeats its own parts"),
])
def test_content_far_larger_than_its_file(tmp_path, make, message):
    with pytest.raises(ZooError, match=message):
        load_pickle(_save(tmp_path / "p", make()))


def test_only_regular_files(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    os.symlink("/dev/zero", tmp_path / "zero")
    for name, kind in (("pipe", "a named pipe"), ("zero", "a device"), (".", "a folder")):
        with pytest.raises(ZooError, match=f"{kind}, not a regular file"):
            load_pickle(tmp_path / name)
