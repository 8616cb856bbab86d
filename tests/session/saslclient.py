"""What a client computes for APOP, CRAM-MD5 and SCRAM-SHA-256."""

import base64
import hashlib
import hmac
import os


def encode(data):
    return base64.b64encode(data).decode()


def decode(text):
    return base64.b64decode(text, validate=True)


def cram(user, secret, challenge):
    """The response to a challenge; both as they stand in their lines."""
    digest = hmac.new(secret, decode(challenge), "md5").hexdigest()
    return encode(user + b" " + digest.encode())


class Scram:
    """One try; all it says and hears is in base64."""

    def __init__(self, user, secret, header=b"n,,", nonce=None):
        self.secret, self.header = secret, header
        self.nonce = nonce or encode(os.urandom(18)).encode()
        self.bare = b"n=" + user.replace(b"=", b"=3D").replace(
            b",", b"=2C") + b",r=" + self.nonce

    def first(self):
        return encode(self.header + self.bare)

    def last(self, challenge):
        """None if that is no challenge."""
        server = decode(challenge)
        said = dict(s.split(b"=", 1) for s in server.split(b","))
        self.salt, self.iterations = said[b"s"], int(said[b"i"])
        if list(said) != [b"r", b"s", b"i"] or len(said[b"r"]) < 24 + len(
                self.nonce) or not said[b"r"].startswith(self.nonce):
            return None
        salted = hashlib.pbkdf2_hmac("sha256", self.secret, decode(self.salt),
                                     self.iterations)
        key = hmac.digest(salted, b"Client Key", "sha256")
        bare = b"c=" + encode(self.header).encode() + b",r=" + said[b"r"]
        message = b",".join([self.bare, server, bare])
        signature = hmac.digest(hashlib.sha256(key).digest(), message,
                                "sha256")
        proof = bytes(a ^ b for a, b in zip(key, signature))
        self.signature = encode(b"v=" + encode(hmac.digest(hmac.digest(
            salted, b"Server Key", "sha256"), message, "sha256")).encode())
        return encode(bare + b",p=" + encode(proof).encode())
