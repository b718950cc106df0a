"""A system in its own process, by REST and by gRPC: the same PNG files, and every check passes.

    python -m pytest tests/export/test_three_ways.py --large

prints a line per system, way and signature.
"""

import pytest

pytest.importorskip("starlette", reason="needs the extra serve")
pytest.importorskip("grpc", reason="needs the extra serve")

from export import request_limits, verify  # noqa: E402
from export.saved_model import export_saved_model  # noqa: E402
from tests.export.server.real import serving  # noqa: E402
from tests.support.tiny_hub_module import tiny_modules  # noqa: E402
from tests.support.tiny_systems import SYSTEMS  # noqa: E402
from tests.support.tiny_xmc_gan import xmc_gan  # noqa: E402
from zoo.conditions.records import Limits  # noqa: E402

LIMITS = Limits(max_batch=1000, max_pixels=2**29, max_caption_bytes=2**24)


def with_hub_encoder():
    return xmc_gan(vocabulary=None, max_words=9, text_encoder={"kind": "hub", **tiny_modules()})


CASES = {
    **{name: lambda name=name: SYSTEMS[name].make(compiled=False) for name in SYSTEMS},
    "xmc_gan with a hub encoder": with_hub_encoder,
}
LARGE = [pytest.param(name, marks=pytest.mark.large) for name in CASES if name != "dcgan"]


@pytest.mark.parametrize("name", ["dcgan", *LARGE])
def test_three_ways(name, tmp_path, capsys, request):
    path = export_saved_model(CASES[name](), tmp_path / "model", limits=LIMITS, samples=2)
    assert request_limits.read_limits(path) == LIMITS
    slow = ("--timeout=600", "--read_timeout=600")  # on a busy machine
    with serving(tmp_path / "model", *slow) as server:
        status = verify.main([
            path, f"--url={server.addresses['rest']}", f"--grpc={server.addresses['grpc']}",
            "--model=model", "--timeout=600",
        ])
        assert server.stop() == 0
    table = capsys.readouterr().out
    assert status == 0 and "FAIL" not in table, table
    for words in ("signatures", "generate_n: repeats", "rows are independent", "memory", "loading",
                  "refused: no rows, too many rows, unequal rows"):
        assert words in table
    compared = [line for line in table.splitlines() if "identical; " in line]
    alone = [line for line in compared if ": as the folder" in line]
    assert len(alone) == len(compared) / 2 > 0
    assert all("at most 0 of 255" in line for line in alone), table  # the same batch, the same bits
    if request.config.getoption("--large"):
        with capsys.disabled():
            print(f"\n{name}: {table.splitlines()[-1]}", *compared, sep="\n")
