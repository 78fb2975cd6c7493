"""Attacks on what lies outside the submission: files, processes, the network, memory.

Each works where nothing but limits holds: a test shows it, so that it can fail.
"""

from __future__ import annotations

from .attack import Attack

READS = [
    Attack(name="reads a secret", lines="return 'secret' in open(where['secret']).read()"),
    Attack(name="reads another submission", lines="return '42' in open(where['other']).read()"),
]
WRITES = [
    Attack(
        name="writes a file by a system call",
        lines="call(257, -100, where['escaped'].encode(), os.O_CREAT | os.O_WRONLY, 0o600)",
    ),
]
PROCESSES = [
    Attack(name="ends a process by a system call", lines="call(62, where['bystander'], 9)"),
]
NETWORK = [
    Attack(
        name="connects by system calls",
        lines="""
import struct
descriptor = call(41, 2, 1, 0)
address = struct.pack("<H", 2) + struct.pack(">H4s8x", where["port"], bytes([127, 0, 0, 1]))
call(42, descriptor, address, 16)
""",
    ),
]
ALL = [*READS, *WRITES, *PROCESSES, *NETWORK]
