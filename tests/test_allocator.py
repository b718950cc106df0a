"""A process that keeps freed memory has almost no page faults for repeated allocations."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from zoo.allocator import keep_memory
from zoo.errors import ZooError

ROOT = Path(__file__).resolve().parents[1]
CHILD = """
import json, resource, sys
from zoo.allocator import keep_memory
done = keep_memory(cores=int(sys.argv[1]))
import ctypes
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = (
    ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p])
size = 1 << 26
def once():
    block = libc.malloc(size)
    ctypes.memset(block, 1, size)
    libc.free(block)
once()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    once()
print(json.dumps([done, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before]))
"""


def faults(cores=2, **environment):
    """(set or not, page faults of five times 64 MB of which the first use is not counted)."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MALLOC_", "ZOO_MALLOC"))}
    child = subprocess.run(
        [sys.executable, "-c", CHILD, str(cores)], cwd=ROOT, env={**clean, **environment},
        capture_output=True, text=True, check=True,
    )
    return json.loads(child.stdout)


needs_glibc = pytest.mark.skipif(
    __import__("platform").libc_ver()[0] != "glibc", reason="glibc's allocator"
)


@needs_glibc
@pytest.mark.parametrize("cores", [2, 64])
def test_memory_is_kept(cores):
    done, count = faults(cores)
    assert done and count < 1000


@needs_glibc
@pytest.mark.parametrize("name", ["ZOO_MALLOC", "MALLOC_ARENA_MAX"])
def test_the_environment_decides(name):
    value = {"ZOO_MALLOC": "default", "MALLOC_ARENA_MAX": "8"}[name]
    done, count = faults(**{name: value})
    assert not done and count > 5 * 1000


def test_a_wrong_value():
    with pytest.raises(ZooError, match='ZOO_MALLOC must be "default".*got "jemalloc"'):
        keep_memory({"ZOO_MALLOC": "jemalloc"})
    assert keep_memory({"LD_PRELOAD": "/usr/lib/libjemalloc.so.2"}) is False
