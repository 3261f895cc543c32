"""A TLS listener in front of a broker that has none, so that clients' TLS settings can be tried for real."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.load.lying_broker import answering, text


def certificate(folder: Path) -> Path:
    """Write a certificate for 127.0.0.1 that signs itself, and its key, to `tls.pem` and `tls.key`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    (folder / "tls.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "tls.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder / "tls.pem"


@contextlib.contextmanager
def tls_front(bootstrap: str, certificate_path: Path) -> Iterator[str]:
    """Give the address of a TLS listener that passes everything on to the broker at `bootstrap`.

    What the broker says about its own address in Metadata is changed to the listener's.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_path, certificate_path.with_suffix(".key"))
    host, port = bootstrap.split(":")

    def serve(plain: socket.socket) -> None:
        said = text(host) + struct.pack(">i", int(port))
        ours = text(host) + struct.pack(">i", plain.getsockname()[1])
        with (
            context.wrap_socket(plain, server_side=True) as client,
            socket.create_connection((host, int(port))) as broker,
        ):
            threading.Thread(target=forward, args=(broker, client, said, ours), daemon=True).start()
            forward(client, broker, b"", b"")

    with answering(serve) as address:
        yield address


def forward(source: socket.socket, sink: socket.socket, said: bytes, ours: bytes) -> None:
    """Pass bytes on until one side is gone."""
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            sink.sendall(data.replace(said, ours) if said else data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)
