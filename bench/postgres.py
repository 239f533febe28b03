"""The usual alternative: one row in PostgreSQL that every redemption updates, driven by pgbench.

A redemption is one transaction: count on the coupon's row while something remains, write the
customer's use (unique).
Durable as installed (fsync on, synchronous commit). Where no server can be installed, a line says
so.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.report import Row
from local import ports

CLIENTS, SECONDS = 50, 10
SCHEMA = """
CREATE TABLE coupon (
  id int PRIMARY KEY, used bigint NOT NULL, remaining bigint NOT NULL CHECK (remaining >= 0)
);
CREATE TABLE redemption (
  coupon int, customer text, number int, redeemed_at timestamptz,
  PRIMARY KEY (coupon, customer, number)
);
INSERT INTO coupon SELECT n, 0, 1000000000 FROM generate_series(1, 1000) n;
"""
REDEEM = """
\\set customer random(1, 9000000000000000)
\\set coupon {coupon}
BEGIN;
INSERT INTO redemption VALUES (:coupon, 'customer-' || :customer, 1, now());
UPDATE coupon SET used = used + 1, remaining = remaining - 1 WHERE id = :coupon AND remaining > 0;
COMMIT;
"""


def rows() -> Iterator[Row]:
    binaries = _binaries()
    if binaries is None:
        yield Row(
            "beside", "PostgreSQL, one row a coupon", "no server here: apt-get install postgresql"
        )
        return
    with tempfile.TemporaryDirectory() as folder, _server(binaries, Path(folder)) as port:
        for what, coupon in (("one hot coupon", "1"), ("1,000 coupons", "random(1, 1000)")):
            yield Row(
                "beside",
                f"PostgreSQL on this machine, {CLIENTS} clients, {what}",
                _measure(binaries, Path(folder), port, coupon),
            )


def _binaries() -> Path | None:
    if not _found() and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "--yes", "--no-install-recommends", "postgresql"]):
            subprocess.run(
                ["apt-get", "-qq", *command],
                env=environment,
                stdout=subprocess.DEVNULL,
                check=False,
            )
    return _found()


def _found() -> Path | None:
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    on_path = shutil.which("initdb")
    return places[0].parent if places else Path(on_path).parent if on_path else None


@contextmanager
def _server(binaries: Path, folder: Path) -> Iterator[int]:
    """Start the server; as root, under the package's user, because it refuses to run as root."""
    data, port = folder / "data", ports.free_port()
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    _run(binaries / "initdb", "--auth=trust", "--username=postgres", "--pgdata", data)
    options = (
        f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections={CLIENTS + 10}"
    )
    _run(
        binaries / "pg_ctl",
        "--wait",
        "--pgdata",
        data,
        "--log",
        folder / "log",
        "--options",
        options,
        "start",
    )
    try:
        _run(binaries / "psql", *_where(port), "--quiet", "--command", SCHEMA)
        yield port
    finally:
        _run(binaries / "pg_ctl", "--wait", "--mode=fast", "--pgdata", data, "stop")


def _measure(binaries: Path, folder: Path, port: int, coupon: str) -> str:
    script = folder / "redeem.sql"
    script.write_text(REDEEM.format(coupon=coupon))
    script.chmod(0o644)
    load = [
        "--no-vacuum",
        f"--client={CLIENTS}",
        "--jobs=2",
        f"--time={SECONDS}",
        f"--file={script}",
    ]
    said = _run(binaries / "pgbench", *_where(port), *load, "postgres")
    rate, latency = (
        re.search(r"tps = ([\d.]+)", said),
        re.search(r"latency average = ([\d.]+) ms", said),
    )
    assert rate and latency, said
    return f"{float(rate[1]):.0f}/s, {float(latency[1]):.0f} ms on average"


def _where(port: int) -> list[str]:
    return ["--host=127.0.0.1", f"--port={port}", "--username=postgres"]


def _run(*command: object) -> str:
    user = (
        {"user": "postgres", "group": "postgres", "extra_groups": ()} if os.geteuid() == 0 else {}
    )
    done = subprocess.run(
        [str(part) for part in command],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        **user,  # type: ignore[call-overload]
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stdout}{done.stderr}")
    return str(done.stdout)
