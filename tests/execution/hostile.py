"""Programs that mean harm: how each must end, and a word of what is said of it.

They find these names defined: ``parent`` and ``zygote`` are processes, ``outside`` is a folder
with the file ``canary``, ``checkout`` the project's, ``tcp`` and ``abstract`` listen.
"""

from typing import NamedTuple

from cadvlm.execution.result import Status


class Hostile(NamedTuple):
    code: str
    status: Status
    words: str


def _forbidden(code: str, words: str = "PermissionError") -> Hostile:
    return Hostile(code, Status.FORBIDDEN, words)


def _timeout(code: str) -> Hostile:
    return Hostile(code, Status.TIMEOUT, "killed after")


def _memory(code: str, words: str = "MemoryError") -> Hostile:
    return Hostile(code, Status.MEMORY, words)


def _crash(code: str, words: str) -> Hostile:
    return Hostile(code, Status.CRASH, words)


_LIBC = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
_REFUSED = "raise OSError(ctypes.get_errno(), 'refused')"

TIME = {
    "endless loop": _timeout("while True: pass"),
    "endless loop that ignores signals": _timeout(
        "import signal\n"
        "for number in (signal.SIGXCPU, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):\n"
        "    signal.signal(number, signal.SIG_IGN)\n"
        "while True: pass"
    ),
    "endless loop that catches everything": _timeout(
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
    ),
    "endless work in the kernel": _timeout(
        "result = cq.Workplane().box(900, 900, 1).faces('>Z').workplane()"
        ".rarray(3, 3, 250, 250).hole(1)"
    ),
    "endless match in C": _timeout("import re\nre.match('(a+)+$', 'a' * 60 + 'b')"),
    "a number of a billion digits": _timeout("x = 9 ** 9 ** 9"),
    "sleep": _timeout("import time\ntime.sleep(1e6)"),
    "stop": _timeout("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)"),
    "a lock nobody opens": _timeout(
        "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()"
    ),
    "__del__ that loops": _timeout(
        "class Bad:\n    def __del__(self):\n        while True: pass\nx = Bad()\ndel x"
    ),
}

MEMORY = {
    "memory bit by bit": _memory("hoard = []\nwhile True: hoard.append(bytearray(10**7))"),
    "memory at once": _memory("x = bytearray(10**12)"),
    "memory by numpy": _memory("import numpy\nx = numpy.ones(10**11)"),
    "memory by the kernel": _memory(
        "from OCP.TColgp import TColgp_Array1OfPnt\n"
        "hoard = []\nwhile True: hoard.append(TColgp_Array1OfPnt(1, 10**6))",
        "",
    ),
    "memory in anonymous mappings": Hostile(
        "import mmap\nhoard = []\nwhile True: hoard.append(mmap.mmap(-1, 10**8))",
        Status.EXCEPTION,
        "Cannot allocate memory",
    ),
    "zip bomb": _memory(
        # One stream of 10 GB, made of one packed block: packing takes no time worth mention,
        # so that memory runs out well before time does.
        "import zlib\npacker = zlib.compressobj(1)\n"
        "block = packer.compress(bytes(10**7)) + packer.flush(zlib.Z_FULL_FLUSH)\n"
        "x = zlib.decompressobj().decompress(block + block[2:] * 1000)"
    ),
    "pickle bomb": _memory(
        "import pickle\nx = pickle.loads(b'c__builtin__\\nbytearray\\n(I1000000000000\\ntR.')"
    ),
    "files in memory": _forbidden("import os\nos.memfd_create('hoard')"),
    "shared memory": _forbidden(_LIBC + "libc.shmget(0, 1 << 30, 0o1600) == -1\n" + _REFUSED),
}

PROCESSES = {
    "fork bomb": _forbidden("import os\nwhile True: os.fork()"),
    "subprocess": _forbidden("import subprocess\nsubprocess.run(['true'])"),
    "spawn": _forbidden("import os\nos.posix_spawn('/bin/true', ['true'], {})"),
    "shell": _forbidden("import os\nif os.system('true') != 0: raise PermissionError('no shell')"),
    "another program": _forbidden("import os\nos.execv('/bin/true', ['true'])"),
    "multiprocessing": _forbidden(
        "import multiprocessing, time\nmultiprocessing.Process(target=time.sleep).start()"
    ),
    "threads bomb": _forbidden(
        "import threading, time\nthreading.stack_size(1 << 15)\n"
        "while True: threading.Thread(target=time.sleep, args=(60,)).start()",
        "64 threads",
    ),
    "kill the zygote": _forbidden("import os\nos.kill(zygote, 9)"),
    "kill the caller": _forbidden("import os\nos.kill(parent, 9)"),
    "kill everybody": _forbidden("import os\nos.kill(-1, 9)"),
    "kill by thread": _forbidden(_LIBC + "libc.syscall(200, parent, 9)\n" + _REFUSED),
    "trace the zygote": _forbidden(_LIBC + "libc.ptrace(16, zygote, None, None)\n" + _REFUSED),
    "read another's memory": _forbidden(
        _LIBC + "libc.process_vm_readv(parent, None, 0, None, 0, 0)\n" + _REFUSED
    ),
    "take over another's limits": _forbidden(
        "import resource\nresource.prlimit(zygote, resource.RLIMIT_CPU, (0, 0))"
    ),
    "steal another's file": _forbidden("import os\nx = os.pidfd_open(zygote)"),
}

FILES = {
    "read passwords": _forbidden("open('/etc/passwd').read()"),
    "read root's home": _forbidden("import os\nos.listdir('/root')"),
    "read the caller's environment": _forbidden("open(f'/proc/{parent}/environ').read()"),
    "read the caller's memory": _forbidden("open(f'/proc/{parent}/mem', 'rb').read()"),
    "read the project": _forbidden("open(checkout + '/pyproject.toml').read()"),
    "read next door": _forbidden("import os\nos.listdir('..')"),
    "read a device": _forbidden("open('/dev/full', 'rb')"),
    "write outside": _forbidden("open(outside + '/new', 'w')"),
    "write into the canary": _forbidden("open(outside + '/canary', 'a').write('x')"),
    "write into /tmp": _forbidden("open('/tmp/hostile', 'w')"),
    "write into /dev/shm": _forbidden("open('/dev/shm/hostile', 'w')"),
    "change Python": _forbidden("open(cq.__file__, 'a')"),
    "truncate Python while reading": _forbidden(
        "import os\nos.open(cq.__file__, os.O_RDONLY | os.O_TRUNC)"
    ),
    "truncate by name": _forbidden("import os\nos.truncate(outside + '/canary', 0)"),
    "remove": _forbidden("import os\nos.remove(outside + '/canary')"),
    "remove everything": _forbidden("import shutil\nshutil.rmtree(outside)"),
    "move away": _forbidden("import os\nos.rename(outside + '/canary', 'canary')"),
    "link symbolically": _forbidden("import os\nos.symlink(outside, 'link')\nopen('link/x', 'w')"),
    "link": _forbidden("import os\nos.link(outside + '/canary', 'link')"),
    "make a device": _forbidden("import os, stat\nos.mknod('disk', 0o600 | stat.S_IFBLK, 0)"),
    "make a pipe with a name": _forbidden("import os\nos.mkfifo('pipe')"),
    "open up modes": _forbidden("import os\nos.chmod(outside, 0o777)"),
    "give away": _forbidden("import os\nos.chown(outside, 1, 1)"),
    "a folder that nobody can open": _forbidden("import os\nos.mkdir('closed', 0)"),
    "another root": _forbidden("import os\nos.chroot('.')"),
    "another folder": _forbidden("import os\nos.chdir(outside)\nopen('new', 'w')"),
    "a mount": _forbidden(_LIBC + "libc.mount(b'x', b'.', b'tmpfs', 0, None)\n" + _REFUSED),
    "a namespace": _forbidden(_LIBC + "libc.unshare(0x10000000)\n" + _REFUSED),
    "a file without end": _forbidden(
        "with open('huge', 'wb') as file:\n    while True: file.write(bytes(1 << 24))",
        "File too large",
    ),
    "files without end": _forbidden(
        "import itertools\n"
        "for name in itertools.count():\n"
        "    with open(str(name), 'wb') as file: file.write(bytes(1 << 24))",
        "512 MiB",
    ),
    "empty files without end": _forbidden(
        "import itertools, os\nfor name in itertools.count(): os.mkdir(str(name))", "1000 files"
    ),
    "folders in folders without end": _forbidden(
        "import os\nwhile True:\n    os.mkdir('a')\n    os.chdir('a')", "1000 files"
    ),
    "a file mapped to disk": _forbidden(
        "import mmap\nfile = open('x', 'w+b')\nfile.truncate(1 << 20)\n"
        "mmap.mmap(file.fileno(), 1 << 20)"
    ),
}

NETWORK = {
    "TCP": _forbidden("import socket\nsocket.create_connection(tcp)"),
    "listen": _forbidden("import socket\nsocket.create_server(('127.0.0.1', 0))"),
    "UDP": _forbidden("import socket\nsocket.socket(type=socket.SOCK_DGRAM)"),
    "unix socket": _forbidden("import socket\nsocket.socket(socket.AF_UNIX).connect('/x')"),
    "abstract socket": _forbidden("import socket\nsocket.socket(socket.AF_UNIX).connect(abstract)"),
    "raw socket": _forbidden("import socket\nsocket.socket(socket.AF_PACKET, socket.SOCK_RAW)"),
    "name of a host": _forbidden("import socket\nsocket.gethostbyname('example.com')", "gaierror"),
    "web page": _forbidden(
        "import urllib.request\nurllib.request.urlopen('http://127.0.0.1/')", "URLError"
    ),
    "raw system call": _forbidden(_LIBC + "libc.syscall(socket_call, 2, 1, 0)\n" + _REFUSED),
}

ENDINGS = {
    "segfault": _crash("import ctypes\nctypes.string_at(0)", "SIGSEGV"),
    "jump into nowhere": _crash("import ctypes\nctypes.CFUNCTYPE(None)(1)()", "SIGSEGV"),
    "abort": _crash("import os\nos.abort()", "SIGABRT"),
    "alarm": _crash("import signal\nsignal.setitimer(0, 0.01)\nwhile True: pass", "SIGALRM"),
    "suicide": _crash("import os\nos.kill(os.getpid(), 9)", "SIGKILL from outside, 3 times"),
    "exit 0": _crash("import os\nos._exit(0)", "not readable"),
    "exit 1": _crash("import os\nos._exit(1)", "exit code 1"),
    "exit as if unconfined": _crash("import os\nos._exit(97)", "3 times"),
    "leave with an error": Hostile("import sys\nsys.exit(1)", Status.EXCEPTION, "SystemExit: 1"),
    "leave without one": Hostile("import sys\nsys.exit(0)", Status.NO_SOLID, "no Workplane"),
    "recursion": Hostile("def f(): f()\nf()", Status.EXCEPTION, "RecursionError"),
    "recursion in C": _crash(
        "import sys\nsys.setrecursionlimit(10**9)\n"
        "class Deep:\n    def __repr__(self): return repr(self)\nrepr(Deep())",
        "SIGSEGV",
    ),
    "output without end": _forbidden("while True: print('x' * 10**6)", "512 MiB"),
    "a limit raised": Hostile(
        "import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
        Status.EXCEPTION,
        "not allowed to raise",
    ),
    "a limit that chokes the report": _crash(
        "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))", "exit code 1"
    ),
    "all files closed": _crash("import os\nos.closerange(0, 100)", "exit code 1"),
    "writer of reports replaced": _crash(
        "from cadvlm.execution import report\nreport.write = lambda *_: None", "not readable"
    ),
    "extractor replaced": Hostile(
        "import cadvlm.execution.child as child\n"
        "child.extract = lambda *_, **__: 'a perfect solid'\nresult = cq.Workplane().box(1, 1, 1)",
        Status.EXCEPTION,
        "AttributeError",
    ),
    "report without end": _crash(
        "import os\n"
        "for number in range(3, 30):\n"
        "    try: os.ftruncate(number, 200 << 20)\n"
        "    except OSError: pass\n"
        "os._exit(0)",
        "not readable",
    ),
}

KINDS = TIME | MEMORY | PROCESSES | FILES | NETWORK | ENDINGS
