"""MiniStack, an open-source AWS in one process, as the deployment rehearsal needs it: over TLS and
with IAM enforced.
"""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from local import ports
from local.child_processes import tied_to_parent
from tools.paths import MINISTACK

REGION = "us-east-1"
START_SECONDS = 60


class EmulatorEnded(Exception):
    """The emulator ended or did not answer; the end of its log."""


@dataclass(frozen=True)
class Emulator:
    """A running MiniStack.

    Its root credentials are the access key `test`, which IAM does not check.
    """

    port: int
    folder: Path

    @property
    def endpoint(self) -> str:
        return f"https://{ports.LOOPBACK}:{self.port}"

    @property
    def certificate(self) -> Path:
        return self.folder / "certificate.pem"

    @property
    def log(self) -> Path:
        return self.folder / "emulator.log"

    @property
    def environment(self) -> dict[str, str]:
        """Sends the AWS SDKs and command line tools to the emulator, as its root user."""
        return {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_CA_BUNDLE": str(self.certificate),
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.endpoint,
        }

    @cached_property
    def root(self) -> boto3.Session:
        return boto3.Session("test", "test", region_name=REGION)

    def client(self, service: str, session: boto3.Session | None = None) -> Any:
        """A boto3 client of the service, with the root's rights unless `session` has others."""
        # One try: a refusal that is repeated until it fits would hide what a test looks for.
        settings = Config(retries={"total_max_attempts": 1}, read_timeout=120)
        made: Any = session or self.root
        return made.client(
            service, endpoint_url=self.endpoint, verify=str(self.certificate), config=settings
        )


@contextlib.contextmanager
def emulator(folder: Path) -> Iterator[Emulator]:
    """Start MiniStack on a free port, with its data in `folder`; end it afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    running = Emulator(ports.free_port(), folder)
    _make_certificate(folder)
    (folder / "tmp").mkdir(exist_ok=True)
    # `python -m ministack` also takes port 443; hypercorn binds only the given address.
    server = [
        str(MINISTACK / "bin" / "python"),
        "-m",
        "hypercorn",
        "--config",
        "python:ministack.core.hypercorn_conf",
    ]
    with running.log.open("wb") as output:
        process = subprocess.Popen(
            [*server, "--bind", f"{ports.LOOPBACK}:{running.port}", "ministack.app:app"],
            cwd=folder,
            env=_environment(running),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=tied_to_parent(signal.SIGTERM),
        )
    try:
        _wait_for(running, process)
        yield running
    finally:
        # No data are kept, so a kill is enough; the workers end when their input closes.
        process.kill()
        process.wait()


def python_version() -> str:
    """The version of the Python that runs the functions, such as "3.13"."""
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run(
        [str(MINISTACK / "bin" / "python"), "-c", ask], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def _environment(running: Emulator) -> dict[str, str]:
    """Nothing of this machine's environment reaches the functions, which inherit the emulator's."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(running.folder),
        "LANG": "C.UTF-8",
        "TMPDIR": str(running.folder / "tmp"),
        "S3_DATA_DIR": str(running.folder / "s3"),
        "STATE_DIR": str(running.folder / "state"),
        "BIND_HOST": ports.LOOPBACK,
        "GATEWAY_PORT": str(running.port),
        "IOT_MTLS_ENABLED": "0",
        "AUTH": "true",
        # The bucket policy refuses plain HTTP, and the emulator evaluates it.
        "USE_SSL": "1",
        "MINISTACK_SSL_CERT": str(running.certificate),
        "MINISTACK_SSL_KEY": str(running.folder / "key.pem"),
        "AWS_CA_BUNDLE": str(running.certificate),
    }


def _wait_for(running: Emulator, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ports.listens(process.pid, running.port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise EmulatorEnded(running.log.read_text()[-2000:])
        time.sleep(0.05)


def _make_certificate(folder: Path) -> None:
    """For loopback and every name under localhost, which the emulator's API addresses are."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.DNSName("*.execute-api.localhost")]
    names_and_address = [*names, x509.IPAddress(ipaddress.ip_address(ports.LOOPBACK))]
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names_and_address), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    no_password = serialization.NoEncryption()
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password
    )
    (folder / "key.pem").write_bytes(pem)
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


if __name__ == "__main__":
    # For a look around: prints the environment that a shell needs.
    with emulator(Path(sys.argv[1]).resolve()) as started:
        for variable, value in started.environment.items():
            print(f"export {variable}={value}")
        print(f"# pid {os.getpid()}, log {started.log}", flush=True)
        signal.pause()
