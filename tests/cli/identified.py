# SPDX-License-Identifier: MIT
"""A TLS client of libp2p for Python's ssl: a certificate that carries the identity, of the libp2p TLS 1.3 handshake."""

import datetime
import functools
import ssl
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

OID = "1.3.6.1.4.1.53594.1.1"


def tls_context():
    """Of a client without a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["libp2p"])
    return context


@functools.cache
def certificate_key():
    """Identities may share it: each signs it."""
    return ec.generate_private_key(ec.SECP256R1())


def identified(days=(-1, 9), proven=None, more=()):
    """The context of a client that nobody has seen before.

    days: of its certificate's validity, from now. proven: the key that its identity signed; none: the certificate's.
    more: further extensions, (OID, bytes, whether critical).
    """
    key, identity = certificate_key(), ed25519.Ed25519PrivateKey.generate()
    signed = (proven or key).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    public = b"\x08\x01\x12\x20" + identity.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    proof = identity.sign(b"libp2p-tls-handshake:" + signed)
    extension = b"\x30\x68\x04\x24" + public + b"\x04\x40" + proof  # SEQUENCE of two OCTET STRINGs
    name = x509.Name([])
    now = datetime.datetime.now(datetime.UTC)
    first, last = (now + datetime.timedelta(days=day) for day in days)
    certificate = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), first, last)
    for oid, value, critical in ((OID, extension, False), *more):
        certificate = certificate.add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value), critical)
    certificate = certificate.sign(key, hashes.SHA256())
    context = tls_context()
    with tempfile.NamedTemporaryFile() as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.write(certificate.public_bytes(Encoding.PEM))
        file.flush()
        context.load_cert_chain(file.name)
    return context
