# SPDX-License-Identifier: MIT
"""A Noise client of libp2p that nobody has seen before: Noise_XX_25519_ChaChaPoly_SHA256."""

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RECORD = 32 * 1024


def public_of(key):
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


class Cipher:
    def __init__(self, key):
        self.cipher, self.number = ChaCha20Poly1305(key), 0

    def nonce(self):
        self.number += 1
        return bytes(4) + (self.number - 1).to_bytes(8, "little")

    def encrypt(self, text, beside=b""):
        return self.cipher.encrypt(self.nonce(), text, beside)

    def decrypt(self, text, beside=b""):
        return self.cipher.decrypt(self.nonce(), text, beside)


class NoiseSocket:
    """What HostilePeer needs of a socket, behind the handshake of section 5.3 of the Noise specification."""

    def __init__(self, below):
        self.below = below
        self.settimeout, self.close, self.fileno = below.settimeout, below.close, below.fileno
        self.hash = self.chaining = b"Noise_XX_25519_ChaChaPoly_SHA256"
        self.cipher = None
        self.mix_hash(b"")  # no prologue
        ephemeral, static = X25519PrivateKey.generate(), X25519PrivateKey.generate()
        identity = Ed25519PrivateKey.generate()
        self.say(self.mix_hash(public_of(ephemeral)) + self.mix_hash(b""))
        answer = self.hear()
        theirs = X25519PublicKey.from_public_bytes(self.mix_hash(answer[:32]))
        self.mix_key(ephemeral.exchange(theirs))
        self.mix_key(ephemeral.exchange(X25519PublicKey.from_public_bytes(self.opened(answer[32:80]))))
        self.opened(answer[80:])
        first = self.sealed(public_of(static))
        self.mix_key(static.exchange(theirs))
        proof = identity.sign(b"noise-libp2p-static-key:" + public_of(static))
        key = b"\x08\x01\x12\x20" + public_of(identity)
        self.say(first + self.sealed(b"\x0a\x24" + key + b"\x12\x40" + proof))
        self.outgoing, self.incoming = map(Cipher, self.derived(b""))

    def mix_hash(self, data):
        self.hash = hashlib.sha256(self.hash + data).digest()
        return data

    def derived(self, secret):
        key = hmac.digest(self.chaining, secret, "sha256")
        first = hmac.digest(key, b"\1", "sha256")
        return first, hmac.digest(key, first + b"\2", "sha256")

    def mix_key(self, secret):
        self.chaining, key = self.derived(secret)
        self.cipher = Cipher(key)

    def sealed(self, text):
        return self.mix_hash(self.cipher.encrypt(text, self.hash))

    def opened(self, text):
        plain = self.cipher.decrypt(text, self.hash)
        self.mix_hash(text)
        return plain

    def say(self, record):
        self.below.sendall(len(record).to_bytes(2, "big") + record)

    def hear(self):
        return self.exactly(int.from_bytes(self.exactly(2), "big"))

    def exactly(self, size):
        read = b""
        while len(read) < size:
            more = self.below.recv(size - len(read))
            if not more:
                raise ConnectionError("ended")
            read += more
        return read

    def sendall(self, data):
        for at in range(0, len(data), RECORD):
            self.say(self.outgoing.encrypt(data[at : at + RECORD]))

    def recv(self, _):
        return self.incoming.decrypt(self.hear())
