"""Requests as bytes, most of them wrong: malformed HTTP, odd headers, text that is no UTF-8, deep or broken JSON."""

import random
import socket
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

_PATHS: Final = (
    "/v1/users/u1/recommendations", "/v1/items/i1/similar", "/v1/popular", "/v1/search?q=item", "/v1/items/i1",
    "/v1/recommendations", "/v1/events", "/v1/items:batch", "/v1/score", "/v1/explain", "/readyz", "/nowhere",
)  # fmt: skip
_BODIES: Final = (
    '{"history": [{"item_id": "i1", "rating": 4}], "k": 5, "filter": {"genres": "g1"}}',
    '[{"user_id": "u1", "item_id": "i1", "type": "view", "value": 1.5, "timestamp": 1500000000}]',
    '[{"item_id": "i1", "title": "A title", "features": {"year": 1999, "genres": ["g1"]}}]',
    '{"user_id": "u1", "item_ids": ["i1", "i2"]}',
    '{"title": "A title", "features": {"year": 1999, "genres": ["g1"]}, "available": true}',
)
_VALUES: Final = (
    "NaN", "-Infinity", "1e400", "9" * 400, "-0", "null", "true", '""', '"\\ud800"', '"\\u0000"', "[]", "{}",
    "1.5e-400", '"\ufeff"', '"' + "x" * 5000 + '"', "[[[[]]]]", '{"$ref": "#"}',
)  # fmt: skip
_ANSWER_SECONDS: Final = 10.0
_MOST_ANSWER: Final = 1 << 16

Draw = random.Random


def _request(draw: Draw, body: bytes = b"", *, method: str = "", path: bytes = b"", headers: bytes = b"") -> bytes:
    method = method or draw.choice(("GET", "POST", "PUT", "PATCH", "DELETE"))
    path = path or draw.choice(_PATHS).encode()
    head = b"%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" % (method.encode(), path)
    if body:
        head += b"Content-Type: application/json\r\nContent-Length: %d\r\n" % len(body)
    return head + headers + b"\r\n" + body


def _with_body(draw: Draw, body: bytes) -> bytes:
    targets = (
        ("POST", b"/v1/recommendations"), ("POST", b"/v1/events"), ("POST", b"/v1/items:batch"), ("POST", b"/v1/score"),
        ("POST", b"/v1/explain"), ("PUT", b"/v1/items/raw"), ("PATCH", b"/v1/items/i1"), ("POST", b"/v1/items:preview"),
    )  # fmt: skip
    method, path = draw.choice(targets)
    return _request(draw, body, method=method, path=path)


def garbage(draw: Draw) -> bytes:
    """Any bytes at all."""
    return draw.randbytes(draw.randrange(1, 2000)) + b"\r\n\r\n"


def malformed_http(draw: Draw) -> bytes:
    """What looks like a request and is none."""
    good = _request(draw, draw.choice(_BODIES).encode(), method="POST")
    return draw.choice(
        (
            good[: draw.randrange(len(good))],
            good.replace(b"HTTP/1.1", draw.choice((b"HTTP/9.9", b"HTTP/", b"http/1.1", b"")), 1),
            good.replace(b"\r\n", b"\n"),
            good.replace(b"Content-Length: ", b"Content-Length: -", 1),
            good.replace(b"Content-Length: ", b"Content-Length: 5\r\nContent-Length: ", 1),
            good.replace(b"Content-Length", b"Transfer-Encoding: chunked\r\nContent-Length", 1),
            _request(draw, method="POST", headers=b"Transfer-Encoding: chunked\r\n") + b"FFFFFFFFFFFFFFFFF\r\nx\r\n",
            _request(draw, method="POST", headers=b"Transfer-Encoding: chunked\r\n") + b"zz\r\n{}\r\n0\r\n\r\n",
            good.replace(b"Host: 127.0.0.1\r\n", b"", 1),
            _request(draw, method="".join(draw.choices("ABCxyz-~!", k=draw.randrange(1, 40)))),
            good + good[: draw.randrange(len(good))],
        )
    )


def odd_headers(draw: Draw) -> bytes:
    """Headers that are long, many, empty, doubled or no text."""
    value = draw.choice((draw.randbytes(30), b"x" * draw.randrange(1, 70_000), b"", b"\xff\xfe", b"a\x00b", b"1, 2, 3"))
    name = draw.choice(
        (b"Authorization", b"X-Request-ID", b"Content-Type", b"Accept", b"Cookie", b"Origin", b"Range", b"If-Match",
         b"Expect", b"Upgrade", b"X Y", b"", b"Content-Encoding", b"Forwarded", b"\xc3\xa9")
    )  # fmt: skip
    return _request(
        draw, draw.choice(_BODIES).encode(), headers=(name + b": " + value + b"\r\n") * draw.choice((1, 2, 200))
    )


def bad_utf8(draw: Draw) -> bytes:
    """Text that is no UTF-8, in the path, the query or the body."""
    wrong = draw.choice((b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\x00", b"\xc0\xaf"))
    quoted = b"".join(b"%%%02X" % byte for byte in wrong)
    place = draw.randrange(4)
    if place == 0:
        body = draw.choice(_BODIES).encode()
        at = draw.randrange(len(body))
        return _with_body(draw, body[:at] + wrong + body[at:])
    path = b"/v1/%s/%s" % (draw.choice((b"items", b"users")), quoted if place == 1 else wrong)
    return _request(draw, path=path if place < 3 else b"/v1/search?q=" + quoted + b"&filter=" + quoted)


def deep_json(draw: Draw) -> bytes:
    """Lists and objects in one another, closed or not."""
    depth = draw.choice((10, 100, 1000, 20_000, 200_000))
    opening, closing = draw.choice(((b"[", b"]"), (b'{"a":', b"}"), (b'{"filter":', b"}"), (b'[{"features":', b"}]")))
    return _with_body(draw, opening * depth + b"1" + closing * draw.choice((depth, depth - 1, 0)))


def odd_json(draw: Draw) -> bytes:
    """A good body in which a value is another one, a key is doubled, or something is cut out."""
    body = draw.choice(_BODIES)
    for _ in range(draw.randrange(1, 4)):
        parts = body.split(":")
        at = draw.randrange(1, len(parts)) if len(parts) > 1 else 0
        rest = parts[at].split(",", 1)
        end = "".join(sign for sign in rest[0] if sign in "]}")
        parts[at] = draw.choice(_VALUES) + end + ("," + rest[1] if len(rest) > 1 else "")
        body = ":".join(parts)
    if draw.random() < 0.2:
        start = draw.randrange(len(body))
        body = body[:start] + body[start + draw.randrange(1, 20) :]
    return _with_body(draw, body.encode("utf-8", "surrogatepass"))


KINDS: Final[Sequence[Callable[[Draw], bytes]]] = (garbage, malformed_http, odd_headers, bad_utf8, deep_json, odd_json)


def send_raw(port: int, count: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Send so many requests; how often each answer came, by kind and status, and what was answered with a 5xx."""
    draw, answers, failures = Draw(seed), Counter[str](), list[str]()
    for number in range(count):
        make = KINDS[number % len(KINDS)]
        sent = make(draw)
        status = _status(port, sent)
        answers[f"{make.__name__} {status}"] += 1
        if status.startswith("5"):
            failures.append(f"{status} {make.__name__}, seed {seed}, number {number}: {sent[:500]!r}")
    return answers, failures


def _status(port: int, sent: bytes) -> str:
    """The status of the answer; `closed` where the connection ends without one, `silent` where nothing comes."""
    with socket.create_connection(("127.0.0.1", port), timeout=_ANSWER_SECONDS) as connection:
        answer = b""
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            while len(answer) < _MOST_ANSWER and (data := connection.recv(_MOST_ANSWER)):
                answer += data
        except TimeoutError:
            return "silent"
        except OSError:
            pass  # it was refused before it was read whole; the answer may be there
    words = answer.split(None, 2)
    return words[1].decode("ascii", "replace") if answer.startswith(b"HTTP/") and len(words) > 1 else "closed"
