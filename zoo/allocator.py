"""glibc's memory allocator, set so that a training step reuses the memory of the last one.

By default glibc takes every large block from the operating system and gives it back when it is
freed. A training step at a paper's size frees and takes the same gigabytes each time, and every
page of them is a page fault and is cleared first: a sixth of the processor's time.
"""

import ctypes
import os
import platform

from zoo.errors import ZooError

VARIABLE = "ZOO_MALLOC"
OWN = ("MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD")  # a user's own choice, by environment variable
FEW_CORES = 4  # with more, threads may wait for each other at a single arena
M_TRIM_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX = -1, -4, -8  # of malloc.h


def keep_memory(environment=None, cores=None):
    """Makes this process keep the memory that it frees; to be called before TensorFlow allocates.

    Nothing happens where the C library is not glibc, or where the environment sets the allocator:
    ZOO_MALLOC=default, glibc's own variables MALLOC_... and GLIBC_TUNABLES, or LD_PRELOAD, by which
    other allocators come.

    Args:
        environment: dict; None takes that of the process.
        cores: int, of this process; None counts them.

    Returns:
        Whether the allocator was set.

    Raises:
        ZooError: ZOO_MALLOC has another value.
    """
    environment = os.environ if environment is None else environment
    choice = environment.get(VARIABLE, "")
    if choice not in ("", "default"):
        raise ZooError(
            f'The environment variable {VARIABLE} must be "default", for the allocator as glibc '
            f'has it, or not set, got "{choice}".'
        )
    chosen = choice or any(value for name, value in environment.items() if name.startswith(OWN))
    if chosen or platform.libc_ver()[0] != "glibc":
        return False
    cores = len(os.sched_getaffinity(0)) if cores is None else cores
    mallopt = ctypes.CDLL(None).mallopt
    settings = [(M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, -1)]
    if cores <= FEW_CORES:  # what one thread frees another can use
        settings.append((M_ARENA_MAX, 1))
    return all([mallopt(*setting) == 1 for setting in settings])
