#!/usr/bin/env python3
"""How long `scrubin record verify` takes for a long log.

    benches/record.py [--records 10000] [--scrubin BIN]

Makes one real record in a temporary repository, repeats it that often with its own number,
commit and predecessor, signed with the same key, and times the verification of that log; then changes one byte
in the middle, which has to be found. Signing is done here, so that the log is made by another program than the
one that reads it.
"""
import argparse
import base64
import hashlib
import json
import os
import re
import subprocess
import tempfile
import time

from measure import add_scrubin_option, find_scrubin


def signer(seed):
    """A function that signs bytes with ed25519 (RFC 8032): by the library `cryptography` where there is one."""
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(seed).sign
    except ImportError:
        return plain_signer(seed)


def plain_signer(seed):
    p = 2**255 - 19
    order = 2**252 + 27742317777372353535851937790883648493
    d = -121665 * pow(121666, p - 2, p) % p

    def add(a, b):
        x = (a[1] - a[0]) * (b[1] - b[0]) % p
        y = (a[1] + a[0]) * (b[1] + b[0]) % p
        t, z = 2 * a[3] * b[3] * d % p, 2 * a[2] * b[2] % p
        e, f, g, h = y - x, z - t, z + t, y + x
        return e * f % p, g * h % p, f * g % p, e * h % p

    by = 4 * pow(5, p - 2, p) % p
    bx = pow((by * by - 1) * pow(d * by * by + 1, p - 2, p), (p + 3) // 8, p)
    if (bx * bx * (d * by * by + 1) - (by * by - 1)) % p:
        bx = bx * pow(2, (p - 1) // 4, p) % p
    if bx & 1:
        bx = p - bx
    powers, point = [], (bx, by, 1, bx * by % p)
    for _ in range(256):
        powers.append(point)
        point = add(point, point)

    def encoded(scalar):
        point = (0, 1, 1, 0)
        for bit in range(256):
            if scalar >> bit & 1:
                point = add(point, powers[bit])
        inverse = pow(point[2], p - 2, p)
        x, y = point[0] * inverse % p, point[1] * inverse % p
        return (y | (x & 1) << 255).to_bytes(32, "little")

    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | 1 << 254
    public = encoded(scalar)

    def sign(message):
        r = int.from_bytes(hashlib.sha512(digest[32:] + message).digest(), "little") % order
        start = encoded(r)
        k = int.from_bytes(hashlib.sha512(start + public + message).digest(), "little") % order
        return start + ((r + k * scalar) % order).to_bytes(32, "little")

    return sign


def seed_of(path):
    """The 32 secret bytes of an OpenSSH ed25519 key without a passphrase."""
    text = open(path).read()
    data = base64.b64decode("".join(line for line in text.splitlines() if not line.startswith("-")))
    at = data.rindex(b"\x00\x00\x00\x40") + 4
    return data[at : at + 32]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--records", type=int, default=10_000)
    add_scrubin_option(parser)
    arguments = parser.parse_args()
    binary = find_scrubin(arguments.scrubin)
    number = arguments.records
    with tempfile.TemporaryDirectory() as folder:
        env = dict(os.environ, SCRUBIN_RECORD_KEY=os.path.join(folder, "gate"))
        env.update(GIT_AUTHOR_NAME="Ada", GIT_AUTHOR_EMAIL="ada@example.invalid")
        env.update(GIT_COMMITTER_NAME="Ada", GIT_COMMITTER_EMAIL="ada@example.invalid")

        def run(*command, **more):
            return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, **more)

        run("git", "init", "-q", check=True)
        with open(os.path.join(folder, "a.c"), "w") as file:
            file.write("#include <string.h>\nvoid f(const char *n) { char t[8]; strcpy(t, n); use(t); }\n")
        run("git", "add", "a.c", check=True)
        run("git", "commit", "-qm", "one", check=True)
        run(binary, "record", "key", "gate", check=True)
        run(binary, "check", "--all", "--record", "log.jsonl")
        log = os.path.join(folder, "log.jsonl")
        line = json.loads(open(log).readline())
        kind, key = line["payloadType"], line["signatures"][0]["keyid"]
        statement = json.loads(base64.b64decode(line["payload"]))
        sign = signer(seed_of(os.path.join(folder, "gate")))

        def sealed(kind, value):
            payload = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
            message = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
            envelope = {
                "payload": base64.b64encode(payload).decode(),
                "payloadType": kind,
                "signatures": [{"keyid": key, "sig": base64.b64encode(sign(message)).decode()}],
            }
            return json.dumps(envelope, separators=(",", ":"))

        record, previous = statement["predicate"], None
        with open(log, "w") as file:
            for at in range(1, number + 1):
                head = hashlib.sha1(b"%d" % at).hexdigest()
                record["change"]["head"] = head
                statement["subject"][0]["digest"] = {"gitCommit": head}
                record.update(sequence=at, previous=previous, id=f"{head[:12]}-{at}")
                text = sealed(kind, statement)
                previous = hashlib.sha256(text.encode()).hexdigest()
                file.write(text + "\n")
            closing = {"records": number, "last": previous}
            file.write(sealed("application/vnd.scrubin.checkpoint+json", closing) + "\n")
        size = os.path.getsize(log)
        times = []
        for _ in range(5):
            start = time.perf_counter()
            answer = run(binary, "record", "verify", "log.jsonl")
            times.append(time.perf_counter() - start)
            assert answer.returncode == 0, answer.stdout[:500] + answer.stderr
        print(answer.stdout.strip())
        print(f"{size / number / 1000:.1f} KB a record, {size / 1e6:.0f} MB in all")
        print(f"verified in {sorted(times)[2]:.2f} s (median of five, {min(times):.2f} to {max(times):.2f})")
        with open(log, "r+b") as file:
            file.seek(size // 2)
            byte = file.read(1)
            file.seek(size // 2)
            file.write(bytes([byte[0] ^ 1]))
        answer = run(binary, "record", "verify", "log.jsonl")
        assert answer.returncode == 1, answer.stdout
        print(re.sub(r"^", "one byte changed: ", answer.stdout.splitlines()[0]))


main()
