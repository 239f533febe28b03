"""The console function: content types, security headers and caching of its static files."""

import base64
import gzip
import json
import posixpath
import re
from collections.abc import Callable
from types import ModuleType

import pytest

from couponflow.web.console import static_files
from tools.install import CONSOLE_LOCKS

MODULES = re.compile(
    r"""(?:^|\n)\s*(?:import|export)\b[^"';]*?from\s*["']([^"']+)["']|\bimport\s*["']([^"']+)["']"""
)


@pytest.fixture
def app(load_function: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("IMAGES_BUCKET", "pictures")
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
    return load_function("console")


@pytest.fixture
def get(app):
    def get(path, **headers):
        event = {
            "rawPath": path,
            "headers": {name.replace("_", "-"): value for name, value in headers.items()},
        }
        return app.handler(event, None)

    return get


@pytest.fixture
def assets(app):
    return app.console.assets


def text(response):
    return base64.b64decode(response["body"]).decode()


def policy(response):
    parts = (
        directive.split(" ", 1)
        for directive in response["headers"]["content-security-policy"].split("; ")
    )
    return {name: sources[0] if sources else "" for name, *sources in parts}


@pytest.mark.parametrize(
    "path", ["/console/coupons", "/console/coupons/abc/redeem-page", "/console/flow-blocks"]
)
def test_every_screen_path_returns_the_console_document(get, path):
    response = get(path)
    assert response["statusCode"] == 200
    assert response["headers"]["content-type"] == "text/html; charset=utf-8"
    assert response["headers"]["cache-control"] == "no-cache"
    assert '<div id="app">' in text(response)


@pytest.mark.parametrize("path", ["/", "/console"])
def test_short_paths_redirect_to_the_coupon_list(get, path):
    response = get(path)
    assert response["statusCode"] == 308
    assert response["headers"]["location"] == "/console/coupons"


@pytest.mark.parametrize(
    "path",
    [
        "/console/assets/0000000000000000/js/main.js",
        "/console/assets/../app.py",
        "/console/../app.py",
        "/console/app.py",
        "/console/package.json",
        "/console/js/main.js",
    ],
)
def test_other_paths_are_not_found(get, path):
    response = get(path)
    assert response["statusCode"] == 404
    assert json.loads(response["body"])["code"] == "not_found"


def test_assets_have_content_types_and_are_immutable(get, assets):
    types = {path.rpartition(".")[2]: get(path)["headers"]["content-type"] for path in assets}
    assert types["js"] == "text/javascript; charset=utf-8"
    assert types["css"] == "text/css; charset=utf-8"
    assert types["woff2"] == "font/woff2"
    assert types["svg"] == "image/svg+xml"
    for path in assets:
        assert get(path)["headers"]["cache-control"] == "public, max-age=31536000, immutable"


def test_changed_file_changes_every_asset_path(tmp_path):
    for name in ("index.html", "preview.html"):
        (tmp_path / name).write_text("{{assets}}<script></script>")
    (tmp_path / "main.js").write_text("one")
    before = static_files.Console.of(tmp_path, [])
    (tmp_path / "main.js").write_text("two")
    after = static_files.Console.of(tmp_path, [])
    assert not set(before.assets) & set(after.assets)
    assert before.index.content != after.index.content


def test_every_referenced_module_and_stylesheet_exists(get, assets):
    named = set(re.findall(r'(?:href|src)="(/console/[^"]+)"', text(get("/console/coupons"))))
    for path, file in assets.items():
        if path.endswith(".js"):
            for found in MODULES.finditer(file.content.decode()):
                target = found[1] or found[2]
                assert target.startswith("."), (
                    f"{path} imports {target}, which browsers can't look up"
                )
                named.add(posixpath.normpath(posixpath.join(posixpath.dirname(path), target)))
        if path.endswith(".css"):
            urls = re.findall(r'url\("([^"]+)"\)', file.content.decode())
            named |= {
                posixpath.normpath(posixpath.join(posixpath.dirname(path), url)) for url in urls
            }
    assert len(named) > 30
    assert named <= set(assets)


def test_every_module_is_preloaded(get, assets):
    preloaded = set(
        re.findall(r'rel="modulepreload" href="([^"]+)"', text(get("/console/coupons")))
    )
    assert preloaded == {path for path in assets if path.endswith(".js")}


def test_unchanged_document_returns_304(get):
    etag = get("/console/coupons")["headers"]["etag"]
    for known in (etag, etag.removeprefix("W/"), f'"other", {etag}'):
        response = get("/console/coupons", if_none_match=known)
        assert response["statusCode"] == 304
        assert response["body"] == ""
        assert "content-security-policy" in response["headers"]
    assert get("/console/coupons", if_none_match='"other"')["statusCode"] == 200


def test_text_is_compressed_if_the_browser_accepts_gzip(get, assets):
    path = next(path for path in assets if path.endswith("main.js"))
    plain, packed = get(path), get(path, accept_encoding="br, gzip")
    assert packed["headers"]["content-encoding"] == "gzip"
    assert packed["isBase64Encoded"]
    assert gzip.decompress(base64.b64decode(packed["body"])).decode() == text(plain)
    assert "content-encoding" not in plain["headers"]
    font = get(next(path for path in assets if path.endswith(".woff2")), accept_encoding="gzip")
    assert "content-encoding" not in font["headers"]


def test_policy_allows_only_the_consoles_own_scripts_and_styles(get):
    response = get("/console/coupons")
    rules = policy(response)
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    assert rules["require-trusted-types-for"] == "'script'"
    assert rules["frame-ancestors"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert "unsafe" not in response["headers"]["content-security-policy"]
    assert "<style" not in text(response) and not re.search(
        r"<script(?![^>]*src=)|\son\w+=|style=", text(response)
    )


def test_policy_allows_calls_to_own_origin_and_image_bucket(get):
    assert policy(get("/console/coupons"))["connect-src"].split() == [
        "'self'",
        "https://pictures.s3.eu-central-1.amazonaws.com",
    ]


def test_local_stack_uploads_to_the_local_bucket():
    environment = {
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9000/",
        "IMAGES_BUCKET": "x",
        "AWS_REGION": "y",
    }
    assert static_files.upload_origins(environment) == ["http://127.0.0.1:9000"]


def test_preview_runs_in_a_sandbox_without_network(get, assets):
    rules = policy(get(next(path for path in assets if path.endswith("/preview.html"))))
    assert rules["sandbox"] == "allow-scripts"
    assert rules["default-src"] == "'none'" and "connect-src" not in rules
    assert "unsafe" not in rules["script-src"]
    assert rules["frame-ancestors"] == "'self'"


def test_every_response_has_the_security_headers(get, assets):
    for path in ["/console/coupons", "/console", *assets]:
        headers = get(path)["headers"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "strict-transport-security" in headers


def test_npm_lock_has_versions_and_hashes_but_no_registry():
    lock = json.loads(CONSOLE_LOCKS[1].read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert len(packages) == 5
    for package in packages.values():
        assert package["integrity"].startswith("sha512-")
        assert "resolved" not in package
