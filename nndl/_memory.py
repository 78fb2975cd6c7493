"""One setting of the C library that decides how fast numpy's temporary arrays are."""

import numpy as np

LARGEST_MMAP_THRESHOLD = 2**25  # bytes; DEFAULT_MMAP_THRESHOLD_MAX in glibc's malloc.c


def keep_freed_memory() -> None:
    """Make glibc keep freed blocks of up to 32 MB for the next array.

    The solver asks for it before it trains, as every training step makes the same arrays again. By
    default glibc hands large freed blocks back to the system, and the next array of that size pays
    a page fault for every 4 KB: a step of a net of 512 hidden units takes a tenth longer
    (``python -m properties.benchmarks.speed``, with and without ``--page-faults``). The threshold
    adapts: it rises to the size of the largest block that was freed, so allocating and freeing one
    block, without touching it, is enough. It costs no memory, and does nothing with other C
    libraries.

    References
    ----------
    mallopt(3), M_MMAP_THRESHOLD, "dynamic mmap threshold".
    """
    block = np.empty(LARGEST_MMAP_THRESHOLD - 2**20, dtype=np.uint8)
    del block
