"""Compression: only for clients that accept gzip, and only where it is worth it."""

import base64
import gzip

import pytest

from couponflow.web.http.compression import SMALLEST, accepts_gzip, compress
from couponflow.web.http.responses import Response, json_response

LARGE = json_response({"items": ["é" * SMALLEST]})


@pytest.mark.parametrize(
    "header",
    [
        "gzip",
        "GZIP",
        "deflate, gzip, br",
        "gzip;q=1.0",
        "br;q=1, gzip;q=0.2",
        "gzip ; Q=0.5",
        "x-gzip",
        "*",
        "*;q=0.1",
        "gzip, *;q=0",
        "identity;q=0, gzip",
        "identity;q=0.5, gzip;q=0.5",
    ],
)
def test_accepted_gzip_is_recognised(header: str):
    assert accepts_gzip(header)
    response = compress(LARGE, header)
    assert response.headers["content-encoding"] == "gzip"
    assert isinstance(response.body, bytes)
    assert gzip.decompress(response.body).decode() == LARGE.body
    assert base64.b64decode(response.to_lambda()["body"]) == response.body
    assert response.to_lambda()["isBase64Encoded"] is True


@pytest.mark.parametrize(
    "header",
    [
        "",
        "br",
        "identity",
        "gzip;q=0",
        "gzip;q=0.000",
        "gzip; q = 0",
        "GZIP;Q=0",
        "*;q=0",
        "gzip;q=0, *",
        "*, gzip;q=0",
        "gzipped",
        "not-gzip",
        "identity, gzip;q=0.5",
        "gzip;q=nan",
        "gzip;q=-1",
        ",;=",
    ],
)
def test_gzip_that_is_not_accepted_is_not_sent(header: str):
    assert not accepts_gzip(header)
    response = compress(LARGE, header)
    assert "content-encoding" not in response.headers
    assert response.body == LARGE.body
    assert response.headers["vary"] == "accept-encoding"


@pytest.mark.parametrize(
    "response",
    [
        json_response({"a": "x" * (SMALLEST - 9)}),
        Response(204),
        Response(303, headers={"location": "/r/x"}),
        json_response({"a": "x" * SMALLEST}, etag='"3"'),
        Response(200, b"x" * SMALLEST, {"content-type": "image/webp"}),
        Response(200, b"x" * SMALLEST, {"content-type": "text/css", "content-encoding": "gzip"}),
        Response(200, "x" * SMALLEST),
    ],
)
def test_response_that_gains_nothing_stays_as_it_is(response: Response):
    assert compress(response, "gzip") is response


@pytest.mark.parametrize(
    ("vary", "expected"),
    [
        ("", "accept-encoding"),
        ("accept", "accept, accept-encoding"),
        ("accept, accept-encoding", "accept, accept-encoding"),
    ],
)
def test_cache_key_names_the_encoding_once(vary: str, expected: str):
    response = Response(200, "x" * SMALLEST, {"content-type": "text/html", "vary": vary})
    for header in ("", "gzip"):
        assert compress(response, header).headers["vary"] == expected


@pytest.mark.parametrize(
    "kind", ["text/html; charset=utf-8", "application/problem+json", "image/svg+xml", "text/css"]
)
def test_text_of_every_kind_is_compressed(kind: str):
    response = compress(Response(400, "x" * SMALLEST, {"content-type": kind, "etag": 'W/"a"'}), "*")
    assert response.headers["content-encoding"] == "gzip"
    assert response.headers["etag"] == 'W/"a"'
    assert response.status == 400
