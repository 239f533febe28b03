"""Local ports: find a free one, or the process on a used one."""

from __future__ import annotations

import random
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"
LISTENING = "0A"
# Below those that Linux gives to outgoing connections.
SERVER_PORTS = range(20_000, 32_768)


def free_port() -> int:
    """A random free port.

    No outgoing connection takes it before the server does: the kernel uses higher ones.
    """
    while not is_free(port := random.choice(SERVER_PORTS)):
        pass
    return port


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def holder(port: int) -> int | None:
    """The process that listens on the port, if it can be seen."""
    sockets = _listening_sockets(port)
    return next((pid for pid in _processes() if _holds_one_of(pid, sockets)), None)


def listens(pid: int, port: int) -> bool:
    return _holds_one_of(pid, _listening_sockets(port))


def holder_in_words(port: int) -> str:
    pid = holder(port)
    if pid is None:
        return "another process"
    command = (
        Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    )
    return f"pid {pid} ({command.strip()[:80]})"


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _holds_one_of(pid: int, sockets: set[str]) -> bool:
    try:
        return any(str(fd.readlink()) in sockets for fd in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        # The process has ended, or belongs to another user.
        return False


def _listening_sockets(port: int) -> set[str]:
    found = set()
    for table in ("tcp", "tcp6"):
        path = Path("/proc/net") / table
        for line in path.read_text().splitlines()[1:] if path.exists() else []:
            fields = line.split()
            if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(f"socket:[{fields[9]}]")
    return found
