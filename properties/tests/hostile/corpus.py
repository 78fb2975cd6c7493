"""Attacks on what lies outside the submission: files, processes, the network, the kernel.

Each works where nothing but limits holds: a test shows it, so that it can fail. ``unhook()`` takes
the teeth out of the audit hook first, as Python can; system calls by number do not meet it at all.
"""

from __future__ import annotations

from collections.abc import Iterator

from properties.implementation.isolation import Tier

from .attack import Attack

STAT_IS_SEEN: tuple[Tier, ...] = ("bubblewrap",)  # the tiers that hold a look at metadata

# What some machines refuse anyway: without privileges, under Yama, in a container.
REFUSED_ELSEWHERE = {
    "counts what the processor does",
    "handles the faults of its pages",
    "asks the kernel for a ring",
    "calls by the numbers of another architecture",
    "leaves a key",
    "makes a namespace of its own",
    "debugs another process",
    "reads another's memory by a system call",
    "opens another's memory to write",
    "opens the judge's memory",
    "finds the judge's memory",
    "reads the judge's environment",
    "opens the judge's standard output",
    *("opens a secret by its handle", "reads the kernel's log", "takes another root"),
    *("mounts over the teacher's folder", "makes a device", "names the machine"),
    *("marks a file that it may read", "takes a lease of a file that others read"),
    *("takes a descriptor of another process", "compares itself with another process"),
    *("enters a namespace of another", "asks for a ring of keys", "loosens its own limits"),
    *("asks for a map in the kernel", "watches a whole file system"),
    *("shuffles addresses no more", "is told by the kernel of a folder's changes"),
    *("takes rings for files", "asks where another's pages lie"),
}

_READS = """
reads a secret
    return "secret" in open(where["secret"]).read()
reads another submission
    return "42" in open(where["other"]).read()
reads by native code
    descriptor = call(257, -100, where["secret"].encode(), 0, 0)
    return os.read(descriptor, 100) != b""
reads by openat2
    how = (ctypes.c_uint64 * 3)(0, 0, 0)
    return os.read(call(437, -100, where["secret"].encode(), how, 24), 100) != b""
reads through a link of its own
    unhook()
    os.symlink(where["secret"], "link")
    return "secret" in open("link").read()
reads through a folder that is open
    unhook()
    folder = os.open(where["teacher"], os.O_RDONLY)
    return os.read(os.open("secret.txt", os.O_RDONLY, dir_fd=folder), 100) != b""
maps a secret into memory
    import mmap
    with open(where["secret"], "rb") as file:
        return mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ).find(b"secret") >= 0
lists the teacher's folder
    return "record.json" in os.listdir(where["teacher"])
reads the users of the machine
    return "root" in open("/etc/passwd").read()
lists the processes
    return str(where["judge"]) in os.listdir("/proc")
reads the judge's environment
    return b"=" in open("/proc/%d/environ" % where["judge"], "rb").read()
reads the judge's command line
    return open("/proc/%d/cmdline" % where["judge"], "rb").read() != b""
finds the judge's memory
    return "stack" in open("/proc/%d/maps" % where["judge"]).read()
opens the judge's memory
    return open("/proc/%d/mem" % where["judge"], "rb", 0).fileno() > 0
opens another's memory to write
    unhook()
    return os.open("/proc/%d/mem" % where["bystander"], os.O_RDWR) > 0
opens the judge's standard output
    unhook()
    return os.open("/proc/%d/fd/1" % where["judge"], os.O_WRONLY) > 0
watches the teacher's folder
    return call(254, call(253), where["teacher"].encode(), 0x100) >= 0
borrows the reference
    return borrowed("reference", where["project"])
borrows the bundled layers
    return borrowed("nndl", where["project"])
borrows the judge
    return borrowed("properties", where["project"])
borrows an installed package
    return borrowed("hypothesis", where["packages"])
opens a secret by its handle
    told, mount = ctypes.create_string_buffer(136), ctypes.c_int()
    told[0] = 128
    call(303, -100, where["secret"].encode(), told, ctypes.byref(mount), 0)
    there = os.open(where["teacher"], os.O_RDONLY | os.O_DIRECTORY)
    return os.read(call(304, there, told, os.O_RDONLY), 100) != b""
is told by the kernel of a folder's changes
    import fcntl
    folder = os.open(where["teacher"], os.O_RDONLY)
    fcntl.fcntl(folder, 1026, 2)
    return True
reads what others share in memory
    libc.shmat.restype = ctypes.c_void_p
    place = libc.shmat(where["segment"], None, 0o10000)
    return place not in (None, ctypes.c_void_p(-1).value) and ctypes.string_at(place, 4) != b""
looks a secret's size up
    return os.stat(where["secret"]).st_size > 0
"""
_WRITES = """
writes by a system call
    call(257, -100, where["escaped"].encode(), os.O_CREAT | os.O_WRONLY, 0o600)
writes by native code
    libc.fopen.restype = ctypes.c_void_p
    stream = libc.fopen(where["escaped"].encode(), b"w")
    libc.fclose(ctypes.c_void_p(stream))
writes by numpy
    unhook()
    np.save(where["escaped"], np.ones(2))
writes by sqlite
    import sqlite3
    sqlite3.connect(where["escaped"]).execute("create table t (x)")
rewrites the record
    unhook()
    open(where["record"], "w").write('{"verdict": "pass"}')
rewrites the suite
    unhook()
    open(where["suite"], "a").write("TRUTH = 2\\n")
compiles another suite
    unhook()
    open(where["suite"] + "c", "wb").write(b"code")
rewrites another submission
    unhook()
    open(where["other"], "w").write("answer = 0\\n")
rewrites itself
    unhook()
    open(__file__, "a").write("# changed\\n")
    return True
writes through a link of its own
    unhook()
    os.symlink(where["teacher"], "door")
    open("door/escaped", "w").close()
writes through a folder that is open
    unhook()
    folder = os.open(where["teacher"], os.O_RDONLY)
    os.open("escaped", os.O_CREAT | os.O_WRONLY, dir_fd=folder)
makes a folder
    os.mkdir(where["escaped"])
makes a hard link
    unhook()
    os.link(where["record"], where["escaped"])
makes a pipe for others
    call(133, where["escaped"].encode(), 0o10644, 0)
moves the record away
    unhook()
    os.rename(where["record"], where["escaped"])
removes the record
    call(87, where["record"].encode())
empties the record
    call(76, where["record"].encode(), 0)
opens a secret to all
    call(90, where["secret"].encode(), 0o777)
opens a secret to all by its descriptor
    call(91, os.open(where["secret"], os.O_RDONLY), 0o777)
opens a secret to all by fchmodat
    call(268, -100, where["secret"].encode(), 0o777)
makes a file look old
    before = os.stat(where["record"]).st_mtime
    unhook()
    os.utime(where["record"], (1, 1))
    return os.stat(where["record"]).st_mtime != before
empties a file that it may only read
    unhook()
    os.close(os.open(__file__, os.O_RDONLY | os.O_TRUNC))
    return os.path.getsize(__file__) == 0
marks a file that it may read
    import fcntl, struct
    file = os.open(__file__, os.O_RDONLY)
    marks = struct.unpack("l", fcntl.ioctl(file, 0x80086601, bytes(8)))[0]
    fcntl.ioctl(file, 0x40086602, struct.pack("l", marks | 0x40))
    return True
takes a lease of a file that others read
    import fcntl
    with open(ctypes.__file__) as file:  # who opens it now waits for 45 s
        fcntl.fcntl(file, 1024, fcntl.F_WRLCK)
    return True
locks the record
    import fcntl
    fcntl.flock(os.open(where["record"], os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)
    return True
exchanges two files
    call(316, -100, where["record"].encode(), -100, where["other"].encode(), 2)
leaves a link
    unhook()
    os.symlink("/etc/passwd", where["escaped"])
leaves a nameless file
    unhook()
    return os.open(where["teacher"], os.O_TMPFILE | os.O_RDWR, 0o600) > 0
leaves a file by its nameless one
    unhook()
    file = os.open(where["teacher"], os.O_TMPFILE | os.O_RDWR, 0o600)
    call(265, -100, b"/proc/self/fd/%d" % file, -100, where["escaped"].encode(), 0x400)
leaves a socket
    unhook()
    import socket
    socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)[0].bind(where["escaped"])
makes a device
    unhook()
    call(133, b"zero", 0o20666, os.makedev(1, 5))
    return True
makes a terminal
    unhook()
    return os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY) > 0
takes disk that it does not write
    file = os.open("much", os.O_CREAT | os.O_RDWR)
    call(285, file, 0, 0, 32 << 20)
    return os.fstat(file).st_blocks > 0
leaves shared memory
    unhook()
    name = "/dev/shm/nndl-attack-%d" % os.getpid()
    open(name, "w").close()
    os.remove(name)
    return True
"""
_PROCESSES = """
ends a process
    unhook()
    os.kill(where["bystander"], 9)
ends a process by a system call
    call(62, where["bystander"], 9)
stops a process
    unhook()
    os.kill(where["bystander"], 19)
ends a thread of another process
    call(234, where["bystander"], where["bystander"], 9)
ends a thread by tkill
    call(200, where["bystander"], 9)
queues a signal
    told = (ctypes.c_int32 * 32)(9, 0, -1)
    call(129, where["bystander"], 9, told)
signals through a descriptor
    call(424, call(434, where["bystander"], 0), 9, None, 0)
has the kernel signal when a pipe is written
    import fcntl
    reader, writer = os.pipe()
    fcntl.fcntl(reader, fcntl.F_SETOWN, where["bystander"])
    fcntl.fcntl(reader, 10, 9)
    fcntl.fcntl(reader, fcntl.F_SETFL, os.O_ASYNC)
    os.write(writer, b"x")
limits another process
    call(302, where["bystander"], 7, (ctypes.c_uint64 * 2)(8, 8), None)
    return True
debugs another process
    return call(101, 0x4206, where["bystander"], 0, 0) == 0
reads another's memory by a system call
    line = open("/proc/%d/maps" % where["bystander"]).readline()
    there = int(line.split("-")[0], 16)
    here = ctypes.create_string_buffer(16)
    mine = (ctypes.c_uint64 * 2)(ctypes.addressof(here), 16)
    return call(310, where["bystander"], mine, 1, (ctypes.c_uint64 * 2)(there, 16), 1, 0) == 16
slows another process down
    os.setpriority(os.PRIO_PROCESS, where["bystander"], 19)
    return True
pins another process to a processor
    os.sched_setaffinity(where["bystander"], {0})
    return True
makes another process idle
    call(144, where["bystander"], 5, (ctypes.c_int * 1)(0))
    return True
lets another process wait for its disk
    call(251, 1, where["bystander"], 3 << 13)
    return True
takes a descriptor of another process
    return call(438, call(434, where["bystander"], 0), 0, 0) > 0
compares itself with another process
    return call(312, os.getpid(), where["bystander"], 2, 0, 0) >= 0
asks where another's pages lie
    return call(279, where["bystander"], 0, None, None, None, 0) == 0
enters a namespace of another
    call(308, os.open("/proc/%d/ns/uts" % where["bystander"], os.O_RDONLY), 0)
    return True
will not end with its judge
    call(157, 1, 0, 0, 0, 0)
    return True
loosens its own limits
    import resource
    before = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    call(302, 0, 1, (ctypes.c_uint64 * 2)(2 * before, 2 * before), None)
    return resource.getrlimit(resource.RLIMIT_FSIZE)[1] == 2 * before
forks by clone3
    told = (ctypes.c_uint64 * 8)(0, 0, 0, 0, 17)
    if call(435, told, 64) == 0:
        call(257, -100, where["escaped"].encode(), os.O_CREAT | os.O_WRONLY, 0o600)
        os._exit(0)
    time.sleep(0.2)
becomes another program by its descriptor
    words = (ctypes.c_char_p * 3)(b"touch", where["escaped"].encode(), None)
    file = os.open("/bin/touch", os.O_RDONLY)
    call(322, file, b"", words, (ctypes.c_char_p * 1)(None), 0x1000)
outlives its group
    if call(57) == 0:
        call(112)
        time.sleep(0.2)
        call(257, -100, where["escaped"].encode(), os.O_CREAT | os.O_WRONLY, 0o600)
        os._exit(0)
    time.sleep(0.05)
outlives its group a hundred times
    for _ in range(100):
        if call(57) == 0:
            call(112)
            time.sleep(0.2)
            call(257, -100, where["escaped"].encode(), os.O_CREAT | os.O_WRONLY, 0o600)
            os._exit(0)
forks by clone
    if call(56, 17, 0, 0, 0, 0) == 0:
        call(112)
        call(257, -100, where["escaped"].encode(), os.O_CREAT | os.O_WRONLY, 0o600)
        os._exit(0)
    time.sleep(0.2)
becomes another program
    words = (ctypes.c_char_p * 4)(b"sh", b"-c", b"touch " + where["escaped"].encode(), None)
    call(59, b"/bin/sh", words, (ctypes.c_char_p * 1)(None))
starts a program
    unhook()
    import subprocess
    subprocess.run(["/bin/sh", "-c", "touch " + where["escaped"]])
spawns a program
    unhook()
    os.waitpid(os.posix_spawn("/bin/touch", ["touch", where["escaped"]], {}), 0)
starts a pool
    unhook()
    import multiprocessing
    with multiprocessing.get_context("fork").Pool(2) as pool:
        return pool.map(abs, [-1, 1]) == [1, 1]
"""
_NETWORK = """
connects by system calls
    descriptor = call(41, 2, 1, 0)
    port = where["port"].to_bytes(2, "big")
    call(42, descriptor, b"\\x02\\x00" + port + bytes([127, 0, 0, 1]) + bytes(8), 16)
connects
    unhook()
    import socket
    socket.create_connection(("127.0.0.1", where["port"])).close()
sends a datagram
    import socket
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", where["port"]))
    return True
looks a name up
    unhook()
    import socket
    return bool(socket.getaddrinfo("localhost", 80))
listens
    unhook()
    import socket
    return socket.create_server(("127.0.0.1", 0)).fileno() > 0
writes to a socket by one of a pair
    import socket
    socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].sendto(b"x", where["mailbox"])
takes a name among sockets by one of a pair
    unhook()
    import socket
    socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)[0].bind("\\0nndl-attack-%d" % os.getpid())
    return True
opens a local socket
    return call(41, 1, 1, 0) > 0
asks the kernel for its network
    return call(41, 16, 3, 0) > 0
"""
_KERNEL = """
takes memory that no limit counts
    return call(319, b"x", 0) > 0
leaves shared memory of System V
    number = call(29, 0, 4096, 0o1600)
    call(31, number, 0, None)
    return True
leaves a message queue
    call(68, 0x6E6E646C, 0o1600)
    call(71, call(68, 0x6E6E646C, 0o600), 0, None)
    return True
leaves a semaphore
    number = call(64, 0, 1, 0o1600)
    call(66, number, 0, 0, 0)
    return True
removes a queue of others
    call(71, where["queue"], 0, None)
    return True
leaves a queue of POSIX
    call(240, b"nndl-attack", os.O_CREAT | os.O_RDWR, 0o600, None)
    call(241, b"nndl-attack")
    return True
takes rings for files
    ring = ctypes.c_ulong(0)
    return call(206, 128, ctypes.byref(ring)) == 0
asks for a map in the kernel
    return call(321, 0, (ctypes.c_uint32 * 32)(2, 4, 4, 1), 128) > 0
watches a whole file system
    return call(300, 0, 0) > 0
mounts over the teacher's folder
    call(165, b"none", where["teacher"].encode(), b"tmpfs", 0, None)
    hidden = not os.listdir(where["teacher"])
    call(166, where["teacher"].encode(), 2)
    return hidden
takes another root
    call(161, where["teacher"].encode())
    return os.path.exists("/secret.txt")
names the machine
    name = os.uname().nodename.encode()
    call(170, name, len(name))
    return True
shuffles addresses no more
    call(135, 0x0040000)
    return True
reads the kernel's log
    return call(103, 3, ctypes.create_string_buffer(1000), 1000) > 0
asks for a ring of keys
    return call(250, 0, -3, 0, 0, 0) > 0
leaves a key
    return call(248, b"user", b"nndl", b"x", 1, -2) > 0
makes a namespace of its own
    return call(272, 0x4000000 if os.getuid() == 0 else 0x400) == 0
counts what the processor does
    told = (ctypes.c_uint32 * 32)(1, 128)
    return call(298, told, 0, -1, -1, 0) > 0
handles the faults of its pages
    return call(323, 1) > 0
asks the kernel for a ring
    return call(425, 1, (ctypes.c_uint32 * 64)()) > 0
calls by the numbers of another architecture
    import mmap
    page = mmap.mmap(-1, 4096, prot=7)
    page.write(bytes.fromhex("5389f8cd805bc3"))  # eax = edi; int 0x80
    gate = ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_long)
    return gate(ctypes.addressof(ctypes.c_char.from_buffer(page)))(20) == os.getpid()
"""


def _read(text: str) -> Iterator[Attack]:
    name, lines = "", ""
    for line in [*text.strip("\n").split("\n"), "end"]:
        if line.startswith("    "):
            lines += line[4:] + "\n"
            continue
        if name:
            told = {"holds": STAT_IS_SEEN} if name.startswith("looks a secret") else {}
            yield Attack(name=name, lines=lines, **told)
        name, lines = line, ""


ALL = [a for text in (_READS, _WRITES, _PROCESSES, _NETWORK, _KERNEL) for a in _read(text)]
