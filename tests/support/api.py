"""The API client of all tests: one organisation, over any transport.

The transport is the HTTP client that the caller passes: the functions in this process
(gateway.py), a local stack, or a deployment (transports.py).
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import httpx

from tests.support.gateway import Gateway
from tests.support.samples import COUPON

T = TypeVar("T")
Coupon = Mapping[str, Any]

SCOPES = ("admin", "distribute", "redeem")
# Pages and flows follow a change within two seconds; a busy machine may add some.
SECONDS_TO_FOLLOW = 10


class Operator(Protocol):
    """Invokes functions directly."""

    def invoke(self, name: str, event: object) -> Any: ...


@dataclass(frozen=True)
class Api:
    """One organisation's keys, by scope, and the service.

    Paths are relative to the client's base URL. Links may be absolute.
    """

    client: httpx.Client
    organisation_id: str
    keys: dict[str, str]
    operator: Operator | None = None

    @classmethod
    def of_demo(cls, demo: Mapping[str, Any], client: httpx.Client) -> Api:
        """The demo organisation of a local stack. `demo` is what its demo.json holds."""
        return cls(client, demo["organisation_id"], {s: demo[f"{s}_key"] for s in SCOPES})

    @classmethod
    def create(cls, operator: Operator, client: httpx.Client, name: str = "shop") -> Api:
        """A new organisation with a key per scope. Its id starts with the name."""
        organisation_id = f"{name}-{uuid.uuid4().hex[:8]}"
        made = cls(client, organisation_id, {}, operator)
        made.operate("create_organisation", name=organisation_id)
        made.keys.update({scope: made.key(scope)["key"] for scope in SCOPES})
        return made

    @property
    def gateway(self) -> Gateway:
        """The functions in this process. Raises AssertionError for a running service."""
        assert isinstance(self.operator, Gateway)
        return self.operator

    @property
    def base_url(self) -> str:
        return str(self.client.base_url).rstrip("/")

    # Requests

    def bearer(self, scope: str = "admin") -> dict[str, str]:
        """The header that authenticates a request."""
        return {"authorization": f"Bearer {self.keys[scope]}"}

    def call(
        self, method: str, path: str, body: object = None, scope: str = "admin", **headers: str
    ) -> httpx.Response:
        """Send JSON with the key of a scope. Header names may have `_` for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.request(method, path, json=body, headers=self.bearer(scope) | named)

    def send(
        self, method: str, path: str, content: bytes, content_type: str | None, scope: str = "admin"
    ) -> httpx.Response:
        """Send any bytes under any content type."""
        headers = self.bearer(scope) | ({"content-type": content_type} if content_type else {})
        return self.client.request(method, path, content=content, headers=headers)

    def get(self, path: str) -> Any:
        """The JSON behind a path of the admin API. Raises AssertionError when it is refused."""
        return _json(self.call("GET", path))

    # The operator

    def operate(self, action: str, **more: Any) -> dict[str, Any]:
        """Run an operator action on the organisation."""
        assert self.operator is not None
        event = {"action": action, "organisation_id": self.organisation_id} | more
        return dict(self.operator.invoke("OperatorFunction", event))

    def key(self, *scopes: str) -> dict[str, Any]:
        """Create a key; `key` is the text that its owner sends."""
        return self.operate("create_key", scopes=list(scopes))

    # Marketers

    def coupon(self, page: Mapping[str, Any] | None = None, /, **changes: Any) -> dict[str, Any]:
        """Create a coupon that is valid now and unlimited, except for `changes`.

        `page`: settings of its redeem page.
        """
        made = _json(self.call("POST", "/v1/coupons", COUPON | changes), 201)
        if page is not None:
            self.save_page(made, **page)
        return made

    def read(self, coupon: Coupon) -> dict[str, Any]:
        """The current coupon."""
        return dict(self.get(f"/v1/coupons/{coupon['coupon_id']}"))

    def patch(self, coupon: Coupon, **changes: Any) -> httpx.Response:
        """Change the coupon on its current version."""
        body = {"version": self.read(coupon)["version"]} | changes
        return self.call("PATCH", f"/v1/coupons/{coupon['coupon_id']}", body)

    def change(self, coupon: Coupon, **changes: Any) -> dict[str, Any]:
        """Change the coupon. Functions in this process follow at once, others in seconds."""
        changed = _json(self.patch(coupon, **changes))
        if isinstance(self.operator, Gateway):
            self.operator.restart()
        return changed

    def save_page(self, coupon: Coupon, **settings: Any) -> dict[str, Any]:
        """Save the redeem page's settings; what is left out gets its default."""
        return _json(self.call("PUT", f"/v1/coupons/{coupon['coupon_id']}/redeem-page", settings))

    def records(self, coupon: Coupon, **query: str) -> list[dict[str, Any]]:
        """One page of the coupon's records."""
        path = f"/v1/coupons/{coupon['coupon_id']}/redemptions"
        answer = self.client.get(path, params=query, headers=self.bearer())
        return list(_json(answer)["items"])

    def count_redeemed(self, coupon: Coupon) -> int:
        """Number of redeemed records of the coupon, up to 100."""
        return len(self.records(coupon, status="redeemed", limit="100"))

    def block(self, coupon: Coupon, **fields: Any) -> dict[str, Any]:
        """Create a Distribute Coupon block."""
        body = {"coupon_id": coupon["coupon_id"]} | fields
        return _json(self.call("POST", "/v1/flow/blocks", body), 201)

    def upload_image(self, kind: str, content: bytes, content_type: str) -> dict[str, Any]:
        """Announce, upload and complete an image: `{image_id, url, width, height}`."""
        body = {"kind": kind, "content_type": content_type, "size": len(content)}
        announced = _json(self.call("POST", "/v1/images", body), 201)
        form = announced["upload"]
        uploaded = self.client.post(
            form["url"], data=form["fields"], files={"file": ("image", content)}
        )
        assert uploaded.is_success, uploaded.text
        return _json(self.call("POST", f"/v1/images/{announced['image_id']}/complete"))

    # Flows

    def distribute(self, coupon: Coupon, customer_id: str, **more: Any) -> dict[str, Any]:
        """Distribute the coupon to a customer; return the flow's response."""
        body = {"coupon_id": coupon["coupon_id"], "customer_id": customer_id} | more
        return _json(self.call("POST", "/v1/flow/distribute", body, scope="distribute"))

    def run_block(
        self, block: Mapping[str, Any], customer_id: str, **fields: Any
    ) -> dict[str, Any]:
        """Run a saved block for a customer; return the flow's response."""
        body = {"block_id": block["block_id"], "customer_id": customer_id} | fields
        return _json(self.call("POST", "/v1/flow/distribute", body, "distribute"))

    # Customers and tills

    def link(self, coupon: Coupon, customer_id: str) -> str:
        """Distribute the coupon; return the path of the customer's redeem page."""
        return f"/r/{self.distribute(coupon, customer_id)['redeem_token']}"

    def redeem_url(self, coupon: Coupon, customer_id: str | None = None) -> str:
        """Distribute the coupon, to a new customer by default; return the page's address."""
        customer_id = customer_id or f"customer-{uuid.uuid4().hex[:8]}"
        return str(self.distribute(coupon, customer_id)["redeem_url"])

    def open(self, link: str) -> httpx.Response:
        """The redeem page."""
        return self.client.get(link)

    def page_state(self, link: str) -> str:
        """The value of the page's `data-state`."""
        found = re.search(r'data-state="([a-z_]+)"', self.open(link).text)
        assert found is not None
        return found[1]

    def tap(self, link: str, use: int = 1) -> httpx.Response:
        """Redeem as the page's script does, which takes JSON."""
        headers = {"accept": "application/json"}
        return self.client.post(f"{link}/redeem", data={"use": str(use)}, headers=headers)

    def till(
        self,
        coupon: Coupon,
        customer_id: object,
        *,
        idempotency_key: str | None = None,
        **more: Any,
    ) -> httpx.Response:
        """Redeem as a till does."""
        headers = {} if idempotency_key is None else {"idempotency-key": idempotency_key}
        body = {"coupon_id": coupon["coupon_id"], "customer_id": customer_id} | more
        return self.call("POST", "/v1/redemptions", body, "redeem", **headers)


def eventually(ask: Callable[[], T], wanted: T) -> T:
    """The last answer: `wanted` as soon as it comes, within the time that the contract leaves for
    it.
    """
    ends_at = time.monotonic() + SECONDS_TO_FOLLOW
    while (answer := ask()) != wanted and time.monotonic() < ends_at:
        time.sleep(0.1)
    return answer


def _json(response: httpx.Response, status: int = 200) -> dict[str, Any]:
    assert response.status_code == status, f"{response.status_code}: {response.text}"
    return dict(response.json())
