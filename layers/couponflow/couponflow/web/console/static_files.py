"""The console's static files, compressed once, with their caching and security headers.

The address of every file but the document contains a hash of all files. Browsers may cache it
permanently, and an open tab never mixes two deployments.
"""

import gzip
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from couponflow.domain.errors import NotFound
from couponflow.web.http import compression, readers
from couponflow.web.http.origin import lower_names
from couponflow.web.http.problems import problem_response
from couponflow.web.http.responses import SECURITY_HEADERS, Response
from couponflow.web.page import assets as page
from couponflow.web.page import error_pages

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
COMPRESSED_ALREADY = {".woff2"}
ROOT = "/console/"
HOME = "/console/coupons"

DOCUMENT = SECURITY_HEADERS | {"cache-control": "no-cache", "vary": "accept-encoding"}
# The other headers are for documents only.
ASSET_HEADERS = ("x-content-type-options", "referrer-policy", "strict-transport-security")
IMMUTABLE = {name: SECURITY_HEADERS[name] for name in ASSET_HEADERS} | {
    "cache-control": "public, max-age=31536000, immutable",
    "vary": "accept-encoding",
}

_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


@dataclass(frozen=True)
class File:
    """A file in both encodings, with its headers."""

    content: bytes
    compressed: bytes | None
    headers: Mapping[str, str]

    @classmethod
    def of(cls, content: bytes, suffix: str, headers: Mapping[str, str]) -> "File":
        """A file with its compressed form and its entity tag."""
        compressed = None if suffix in COMPRESSED_ALREADY else gzip.compress(content, mtime=0)
        # Weak: one tag for both encodings.
        etag = f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'
        return cls(content, compressed, {"content-type": TYPES[suffix], "etag": etag, **headers})

    def answer(self, accepted: str, known: str) -> Response:
        """The file, or 304.

        `accepted` and `known` are the request's Accept-Encoding and If-None-Match.
        """
        headers = dict(self.headers)
        if headers["etag"].removeprefix("W/") in (
            tag.strip().removeprefix("W/") for tag in known.split(",")
        ):
            return Response(304, "", headers)
        if self.compressed is not None and compression.accepts_gzip(accepted):
            return Response(200, self.compressed, headers | {"content-encoding": "gzip"})
        return Response(200, self.content, headers)


@dataclass(frozen=True)
class Console:
    """The document of all screens, and the files by address."""

    index: File
    assets: Mapping[str, File]
    """By address."""

    @classmethod
    def of(cls, folder: Path, uploads: Iterable[str]) -> "Console":
        """Read every file of a folder; `uploads` are the origins that the console may call."""
        names = sorted(
            path.relative_to(folder).as_posix()
            for path in folder.rglob("*")
            if path.suffix in TYPES
        )
        contents = {name: (folder / name).read_bytes() for name in names}
        base = f"{ROOT}assets/{_digest(contents)}/"
        index = (
            contents.pop("index.html")
            .decode()
            .replace("{{assets}}", base)
            .replace("{{preloads}}", _preloads(base, contents))
        )
        assets = {
            base + name: File.of(content, Path(name).suffix, _asset_headers(name, content))
            for name, content in contents.items()
        }
        return cls(File.of(index.encode(), ".html", DOCUMENT | _console_policy(uploads)), assets)

    def answer(self, path: str, accepted: str, known: str) -> Response | None:
        """The file of a path; None if there is none.

        The address of every screen is the one document.
        """
        if path in ("/", "/console"):
            return Response(308, "", SECURITY_HEADERS | {"location": HOME})
        if path.startswith(f"{ROOT}assets/"):
            asset = self.assets.get(path)
            return asset.answer(accepted, known) if asset else None
        return self.index.answer(accepted, known) if "." not in path.rpartition("/")[2] else None


def build_handler(console: Console) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """The Lambda handler: an event of payload format 2.0 in, the file as its response out."""

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        path, headers = event["rawPath"], lower_names(event.get("headers"))
        accepted, known = headers.get("accept-encoding", ""), headers.get("if-none-match", "")
        response = console.answer(path, accepted, known)
        response = response or _not_found(event | {"headers": headers})
        return compression.compress(response, accepted).to_lambda()

    return handler


def _not_found(event: dict[str, Any]) -> Response:
    problem = problem_response(NotFound())
    if not readers.is_person(event, problem.status):
        return problem
    return error_pages.error_page(problem, None, event["headers"], may_be_redeemed=False)


def upload_origins(environment: Mapping[str, str]) -> list[str]:
    """Where presigned uploads and exports lie: the image bucket's address, or the local
    stack's S3.
    """
    local = environment.get("AWS_ENDPOINT_URL_S3")
    if local:
        return [local.rstrip("/")]
    bucket, region = environment["IMAGES_BUCKET"], environment["AWS_REGION"]
    return [f"https://{bucket}.s3.{region}.amazonaws.com"]


def _digest(contents: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in contents.items():
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


def _preloads(base: str, names: Iterable[str]) -> str:
    """Modules import each other four levels deep. Preloaded, they arrive in one round trip."""
    return "\n".join(
        f'<link rel="modulepreload" href="{base}{name}">' for name in names if name.endswith(".js")
    )


def _console_policy(uploads: Iterable[str]) -> dict[str, str]:
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "font-src": "'self'",
        # The preview of a flow block shows an image from any https address, like the chat.
        "img-src": "'self' https: data: blob:",
        "connect-src": " ".join(["'self'", *uploads]),
        "frame-src": "'self'",
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    return {
        "content-security-policy": _written(policy),
        "x-frame-options": "DENY",
    }


def _asset_headers(name: str, content: bytes) -> dict[str, str]:
    return IMMUTABLE | (_preview_policy(content.decode()) if name == "preview.html" else {})


def _preview_policy(document: str) -> dict[str, str]:
    """The policy of the preview: a sandboxed document, which cannot reach the console or its key.

    The redeem page has inline styles and an inline script, which the console's policy would block.
    """
    script = _INLINE_SCRIPT.search(document)
    assert script is not None
    policy = {
        "default-src": "'none'",
        "script-src": f"{page.source_of(script[1])} {page.SCRIPT_SOURCE}",
        # The merchant's colors change while they type, so the hash of that style is not known.
        "style-src": "'unsafe-inline'",
        "img-src": "'self' https: data:",
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'self'",
        "sandbox": "allow-scripts",
    }
    return {"content-security-policy": _written(policy), "x-frame-options": "SAMEORIGIN"}


def _written(policy: Mapping[str, str]) -> str:
    return "; ".join(f"{directive} {sources}" for directive, sources in policy.items())
