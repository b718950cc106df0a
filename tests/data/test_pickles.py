import os
import pickle

import numpy as np
import pytest

from zoo.data.pickles import load_list, load_official_vocabulary, load_pickle
from zoo.errors import ZooError


class Evil:
    def __reduce__(self):
        return os.mkdir, (os.environ["EVIL_FOLDER"],)


def _save(path, value, protocol=2):
    path.write_bytes(pickle.dumps(value, protocol=protocol))
    return path


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_plain_values(tmp_path, protocol):
    value = {"a": [1, 2.5, "x", b"bytes", None, True, (1, 2)], 3: np.arange(4.0)}
    loaded = load_pickle(_save(tmp_path / "p", value, protocol))
    assert loaded["a"] == value["a"]
    np.testing.assert_array_equal(loaded[3], value[3])


def test_python_2_pickle(tmp_path):
    path = tmp_path / "p"
    path.write_bytes(b"(lp0\nS'001.Crow/Crow_1'\np1\naS'b'\np2\na.")
    assert load_list(path, str) == ["001.Crow/Crow_1", "b"]


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
