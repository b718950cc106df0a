"""How released files are read: as arrays by name, and nothing else."""

from collections import OrderedDict

import numpy as np
import pytest

from tests.importers import released
from zoo.errors import ZooError
from zoo.importers import files, official


class Tensor:
    """The used part of a PyTorch tensor's interface."""

    def __init__(self, values):
        self.values = np.asarray(values)

    def detach(self):
        return self

    def numpy(self):
        return self.values


def test_nested_state_dicts_without_optimizers_and_counters():
    moments = {0: {"step": 3, "exp_avg": Tensor([1.0])}}
    checkpoint = {
        "gen": OrderedDict({"module.b.weight": Tensor([1.0]), "a.module.weight": Tensor([2.0])}),
        "gen_opt": {"state": moments, "param_groups": [{"lr": 2e-4, "params": [0]}]},
        "ep": 199,
        "total_it": 5,
    }
    read = files.without_wrappers("x.pth", files.flat(checkpoint))
    assert list(read) == ["gen.b.weight", "gen.a.module.weight"]
    assert files.flat([1, 2]) == {}


def test_parts_of_a_checkpoint():
    arrays = {"gen.a": 1, "gen_b.a": 2, "dis.a.b": 3, "c": 4}
    assert files.network(arrays, "gen") == {"a": 1}
    assert files.part(arrays, "gen", "dis") == {"gen.a": 1, "dis.a.b": 3}


def test_a_file_of_pytorch_itself(tmp_path):
    torch = pytest.importorskip("torch")
    model = released.tiny_dcgan()
    networks = {"gen": OrderedDict(), "dis": OrderedDict()}
    for name, array in released.arrays(released.dcgan_targets(model)).items():
        network, _, rest = name.partition(".")
        networks[network][rest] = torch.from_numpy(np.ascontiguousarray(array))
    networks["gen"]["deconv1_bn.num_batches_tracked"] = torch.tensor(7)
    weight = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.Adam([weight])
    weight.sum().backward()
    optimizer.step()
    state = {**networks, "gen_opt": optimizer.state_dict(), "ep": 199, "total_it": 12}
    for old in (False, True):  # the form before 1.6 too, that of the authors
        path = tmp_path / "00199.pth"
        torch.save(state, path, _use_new_zipfile_serialization=not old)
        loaded = official.dcgan(path, training=True)
        expected = model.generate([0, 3], seed=3)
        np.testing.assert_array_equal(loaded.generate([0, 3], seed=3), expected)


def test_code_in_a_file_is_not_run(tmp_path):
    torch = pytest.importorskip("torch")

    class Wild:
        def __reduce__(self):
            return (open, (str(tmp_path / "made"), "w"))

    torch.save({"a": Wild()}, tmp_path / "wild.pth")
    with pytest.raises(ZooError, match="Python objects besides arrays"):
        official.read_state_dict(tmp_path / "wild.pth")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.pth", None, "does not exist"),
        ("weights.zip", b"x", "unknown form"),
        ("broken.npz", b"not a zip", "cannot be read"),
    ],
)
def test_unreadable_checkpoints(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ZooError, match=message):
        official.read_state_dict(tmp_path / name)


def test_a_file_without_arrays(tmp_path):
    np.savez(tmp_path / "empty.npz")
    with pytest.raises(ZooError, match="has no named arrays"):
        official.read_state_dict(tmp_path / "empty.npz")
