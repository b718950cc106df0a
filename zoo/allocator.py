"""Sets glibc's memory allocator so that a training step reuses the memory of the previous one.

By default, glibc requests every large block from the operating system and returns it when it is
freed. At a paper's sizes, a training step frees and requests the same gigabytes each time, and
each of their pages costs a page fault and is cleared first: a sixth of the CPU time.
"""

import ctypes
import os
import platform

from zoo.errors import ZooError

VARIABLE = "ZOO_MALLOC"
OWN = ("MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD")  # environment variables by which users choose
FEW_CORES = 4  # with more cores, threads may wait for each other at a single arena
M_TRIM_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX = -1, -4, -8  # of malloc.h


def keep_memory(environment=None, cores=None):
    """Makes this process keep the memory that it frees. Call it before TensorFlow allocates.

    Does nothing if the C library is not glibc, or if the environment chooses the allocator:
    ZOO_MALLOC=default, glibc's own variables MALLOC_... and GLIBC_TUNABLES, or LD_PRELOAD, which
    loads other allocators.

    Args:
        environment: dict; None is that of the process.
        cores: int, CPU cores of this process; None counts them.

    Returns:
        Whether the allocator was set.

    Raises:
        ZooError: ZOO_MALLOC has another value.
    """
    environment = os.environ if environment is None else environment
    choice = environment.get(VARIABLE, "")
    if choice not in ("", "default"):
        raise ZooError(
            f'The environment variable {VARIABLE} must be "default", for glibc\'s own settings, or '
            f'not set, got "{choice}".'
        )
    chosen = choice or any(value for name, value in environment.items() if name.startswith(OWN))
    if chosen or platform.libc_ver()[0] != "glibc":
        return False
    cores = len(os.sched_getaffinity(0)) if cores is None else cores
    mallopt = ctypes.CDLL(None).mallopt
    settings = [(M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, -1)]
    if cores <= FEW_CORES:  # one thread can then use what another frees
        settings.append((M_ARENA_MAX, 1))
    return all([mallopt(*setting) == 1 for setting in settings])
