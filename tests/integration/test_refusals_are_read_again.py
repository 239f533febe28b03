"""Nothing is refused from a cache: what would be refused is read again first.

The clock of every cache is frozen, so each environment keeps what it cached. A refusal is seen
twice, the second time from warm caches. Then its reason is removed, and the next request succeeds.
A new cache, or a new error, without an entry here fails the first two tests.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from couponflow.cache import CACHE_CLOCK
from couponflow.domain import api_keys, errors, links
from couponflow.domain.models import ApiKey, Coupon
from couponflow.services.coupons import CouponService
from couponflow.store import keys
from couponflow.store.terms_cache import SECONDS_REMEMBERED, SECONDS_TO_FOLLOW, TermsCache
from couponflow.web.http.problems import STATUS
from tests.support.api import Api
from tests.unit.test_imports import MODULES

# Each cache: what it may refuse, or why it refuses nothing.
CACHES = {
    "TermsCache._offers": "every refusal of a coupon",
    "TermsCache._confirmed": "sold out, forged links: the change that lifts them waits for it",
    "TermsCache._missing": "refuses nothing: it saves the rate limits a read of a guess",
    "TermsCache._organisation": "addon_disabled",
    "TermsCache._codes": "coupon_not_found of a code",
    "SoldOut._proved": "coupon_max_uses_reached",
    "SoldOut._sampled": "refuses nothing: while an entry is there, no proof is tried",
    "FlowBlockCache._remembered": "every refusal of the coupon of a block",
    "Authenticator._remembered": "refuses nothing that may be lifted: a key's secret and scopes "
    "never change, and a revoked key stays revoked; unknown keys are not in it",
    "KeyUsageRecorder._noted": "refuses nothing: it saves writes of `last used`",
    "RateLimiter._counts": "too_many_requests, which names its own end",
    "StatisticsCounter._counting": "refuses nothing: it counts what happened",
    "StatisticsCounter._marks": "refuses nothing: conditions of the writes decide what was counted",
    "ShardRedeemer._last_shard": "refuses nothing: where the last use succeeded",
    "ShardRedeemer._numbered_since": "refuses nothing: which shards were fenced",
}
# Errors without a scene here, and why none is from a cache.
NOT_CACHED: dict[type[errors.CouponflowError], str] = {
    errors.InvalidJson: "of the request alone",
    errors.InvalidRequest: "of the request alone",
    errors.InvalidCursor: "of the request alone",
    errors.VersionRequired: "of the request alone",
    errors.BodyTooLarge: "of the request alone",
    errors.UnsupportedMediaType: "of the request alone",
    errors.ForeignOrigin: "of the request alone",
    errors.MethodNotAllowed: "of the request alone",
    errors.ValidationFailed: "of the request, and of uses and images that are read strongly",
    errors.UseOutOfOrder: "of uses that are read strongly",
    errors.ScopeMissing: "the scopes of a key never change",
    errors.NotFound: "blocks, images and organisations are read strongly when they are missing",
    errors.CodeTaken: "a condition of the write",
    errors.LimitBelowUsed: "shards that are read strongly",
    errors.CouponArchived: "a coupon that is read strongly",
    errors.VersionConflict: "a condition of the write",
    errors.TooManyRequests: "names its own end",
    errors.TryAgain: "refuses nothing definitely",
    errors.OutcomeUnknown: "refuses nothing definitely",
    errors.InternalError: "refuses nothing definitely",
}
STATES = {
    "disabled": "coupon_disabled",
    "expired": "coupon_expired",
    "upcoming": "coupon_not_started",
    "sold_out": "coupon_max_uses_reached",
    "not_found": "coupon_not_found",
}


# tests/unit/test_cache.py holds that the code has no other kind.
KINDS = ("ExpiringCache", "LRUCache")


def all_caches() -> set[str]:
    """Every attribute that holds a cache, as Class.attribute."""
    found = set()
    for path in MODULES:
        for each in ast.walk(ast.parse(path.read_text())):
            if isinstance(each, ast.ClassDef):
                found |= {
                    f"{each.name}.{node.target.attr}"
                    for node in ast.walk(each)
                    if isinstance(node, ast.AnnAssign)
                    and isinstance(node.target, ast.Attribute)
                    and ast.unparse(node.annotation).startswith(KINDS)
                }
    return found


def test_every_cache_of_the_code_is_listed():
    assert all_caches() == CACHES.keys()
    made = sum(
        isinstance(node, ast.Call) and ast.unparse(node.func) in KINDS
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
    )
    assert made == len(CACHES), "a cache is made in another way than `self.name: ExpiringCache[…]`"


def test_every_error_has_a_scene_or_a_reason_for_none():
    shown = {error for error in STATUS if error.code in REASONS}
    assert shown.isdisjoint(NOT_CACHED)
    assert shown | NOT_CACHED.keys() == STATUS.keys()


@dataclass
class Scene:
    """A coupon, a block and a link. `customer` is the next one to be served."""

    api: Api
    table: Any
    coupon: dict[str, Any]
    advance: Callable[[float], None]
    block: str = ""
    token: str = ""
    use: int = 1
    customer: str = "ann"
    more: dict[str, Any] = field(default_factory=dict)

    def flow(self, body: dict[str, Any], path: str = "/v1/flow/distribute") -> str:
        answer = self.api.call("POST", path, body, "distribute").json()
        answer = answer["results"][0] if "results" in answer else answer
        return "ok" if answer["outcome"] == "distributed" else str(answer["reason"])

    def key(self, way: str) -> dict[str, str]:
        return {way: self.coupon["code" if "code" in way else "coupon_id"]}

    def batch(self) -> str:
        body = self.key("coupon_id") | {"customers": [{"customer_id": self.customer}]}
        return self.flow(body, "/v1/flow/distribute/batch")

    def directly(self) -> str:
        event = {"organisation_id": self.api.organisation_id, "customer_id": self.customer}
        answer = self.api.gateway.invoke("DistributeFunction", event | self.key("coupon_id"))
        return "ok" if answer["outcome"] == "distributed" else str(answer["reason"])

    def till(self, way: str) -> str:
        body = self.key(way) | {"customer_id": self.customer}
        answer = self.api.call("POST", "/v1/redemptions", body, "redeem")
        return "ok" if answer.status_code == 200 else str(answer.json()["code"])

    def tap(self) -> str:
        answer = self.api.tap(f"/r/{self.token}", self.use)
        return "ok" if answer.status_code == 200 else str(answer.json()["code"])

    def page(self) -> str:
        state = self.api.page_state(f"/r/{self.token}")
        return STATES.get(state, "ok")

    def patch(self, **changes: Any) -> None:
        assert self.api.patch(self.coupon, **changes).status_code == 200

    def store(self, **values: Any) -> None:
        """Change the stored coupon to its next version, as routes to come will do."""
        key = dict(keys.coupon(self.coupon["coupon_id"]))
        item = self.table.get_item(Key=key, ConsistentRead=True)["Item"] | values
        item = {name: value for name, value in item.items() if value is not None}
        self.table.put_item(Item=item | {"version": int(item["version"]) + 1})


WAYS: dict[str, Callable[[Scene], str]] = {
    "flow": lambda it: it.flow(it.key("coupon_id") | {"customer_id": it.customer}),
    "flow by code": lambda it: it.flow(it.key("coupon_code") | {"customer_id": it.customer}),
    "flow by block": lambda it: it.flow({"block_id": it.block, "customer_id": it.customer}),
    "batch": Scene.batch,
    "direct invocation": Scene.directly,
    "till": lambda it: it.till("coupon_id"),
    "till by code": lambda it: it.till("code"),
    "tap": Scene.tap,
    "page": Scene.page,
}
FLOWS = ("flow", "flow by code", "flow by block", "batch", "direct invocation")
TILLS = ("till", "till by code")
BY_CODE = ("flow by code", "till by code")


@dataclass(frozen=True)
class Reason:
    """How a coupon comes to be refused, how that ends, and the ways that refuse by it."""

    begin: Callable[[Scene], object]
    end: Callable[[Scene], object]
    ways: tuple[str, ...] = tuple(WAYS)


def use_all(it: Scene) -> None:
    assert it.api.till(it.coupon, "bob").status_code == 200
    it.patch(max_redemptions=1)


def use_own(it: Scene) -> None:
    it.patch(max_redemptions_per_customer=1)
    assert it.api.till(it.coupon, it.customer).status_code == 200
    it.use = 2


def another_day() -> str:
    """A weekday that is neither today nor tomorrow, in any time zone."""
    return f"{datetime.now(UTC) + timedelta(days=3):%a}".lower()


def use_own_period(it: Scene) -> None:
    it.patch(period_limit={"uses": 1, "per": "month"})
    assert it.api.till(it.coupon, it.customer).status_code == 200
    it.use = 2


def offer(it: Scene, behavior: str) -> None:
    body = {"redeem_button": {"behavior": behavior}}
    path = f"/v1/coupons/{it.coupon['coupon_id']}/redeem-page"
    assert it.api.call("PUT", path, body).status_code == 200


def archive(it: Scene) -> None:
    assert it.api.call("DELETE", f"/v1/coupons/{it.coupon['coupon_id']}").status_code == 204


def archive_cached(it: Scene) -> None:
    """Archive it after the environments cached its code, but not the coupon."""
    assert {WAYS[way](it) for way in ("flow", "till")} == {"ok"}
    it.advance(SECONDS_REMEMBERED - 0.5)
    assert {WAYS[way](it) for way in BY_CODE} == {"ok"}
    archive(it)
    it.advance(0.6)


def take_over_code(it: Scene) -> None:
    it.coupon = it.api.coupon(code=it.coupon["code"])


def unknown_key(it: Scene) -> None:
    secret = links.new_secret()
    it.more["key"] = ApiKey(
        links.new_id(),
        it.api.organisation_id,
        api_keys.hash_secret(secret),
        frozenset({"admin", "distribute", "redeem"}),
        created_at=datetime.now(UTC),
    )
    it.api.keys.update(
        dict.fromkeys(it.api.keys, api_keys.format_key(it.more["key"].key_id, secret))
    )


def save_key(it: Scene) -> None:
    services = it.api.gateway.function("OperatorFunction").services
    services.api_key_store.save(it.more["key"])


def send_later_link(it: Scene) -> None:
    """The link has a tag under a secret that the coupon gets only later."""
    it.more["secret"] = links.new_secret()
    coupon = it.api.gateway.function("CouponsFunction").services.coupon_store.get(
        it.coupon["coupon_id"]
    )
    holder = links.derive_holder(coupon, it.customer)
    fields = {name: getattr(coupon, name) for name in Coupon.__dataclass_fields__}
    it.token = links.format_token(Coupon(**fields | {"link_secret": it.more["secret"]}), holder)


def change_secret(it: Scene) -> None:
    it.store(link_secret=it.more["secret"])
    it.advance(SECONDS_TO_FOLLOW)  # a message with the new link takes longer


REASONS: dict[str, Reason] = {
    "coupon_disabled": Reason(lambda it: it.patch(active=False), lambda it: it.patch(active=True)),
    "coupon_expired": Reason(
        lambda it: it.patch(ends_at="2026-02-01"), lambda it: it.patch(ends_at="2999-01-01")
    ),
    "coupon_not_started": Reason(
        lambda it: it.patch(starts_at="2998-01-01"),
        lambda it: it.patch(starts_at="2026-01-01"),
        (*TILLS, "tap", "page"),
    ),
    "customer_max_uses_reached": Reason(
        use_own, lambda it: it.patch(max_redemptions_per_customer=2), (*FLOWS, *TILLS, "tap")
    ),
    "coupon_max_uses_reached": Reason(use_all, lambda it: it.patch(max_redemptions=2)),
    "coupon_not_open": Reason(
        lambda it: it.patch(hours=[{"days": [another_day()], "from": "11:00", "until": "12:00"}]),
        lambda it: it.patch(hours=None),
        (*TILLS, "tap"),
    ),
    "customer_period_uses_reached": Reason(
        use_own_period, lambda it: it.patch(period_limit=None), (*FLOWS, *TILLS, "tap")
    ),
    "redeem_not_offered": Reason(
        lambda it: offer(it, "none"), lambda it: offer(it, "redeem"), ("tap",)
    ),
    "addon_disabled": Reason(
        lambda it: it.api.operate("switch_addon", enabled=False),
        lambda it: it.api.operate("switch_addon", enabled=True),
        (*FLOWS, *TILLS),
    ),
    "unauthenticated": Reason(unknown_key, save_key, (*TILLS,)),
    "coupon_not_found": Reason(archive_cached, take_over_code, BY_CODE),
}
# More ways to the same refusals.
OTHERS: dict[str, tuple[str, Reason]] = {
    "link without add-on": ("coupon_not_found", REASONS["addon_disabled"]),
    "archived, then restored": (
        "coupon_not_found",
        Reason(archive, lambda it: it.store(archived_at=None)),
    ),
    "link of a later secret": ("coupon_not_found", Reason(send_later_link, change_secret)),
}
CASES = [(code, reason, way) for code, reason in REASONS.items() for way in reason.ways] + [
    (code, reason, way) for code, reason in OTHERS.values() for way in ("tap", "page")
]
NAMES = [f"{code}, {way}" for code, reason in REASONS.items() for way in reason.ways] + [
    f"{name}, {way}" for name in OTHERS for way in ("tap", "page")
]


@pytest.fixture
def scene(api: Api, table: Any, monkeypatch: pytest.MonkeyPatch) -> Scene:
    wall = [time.time()]

    def advance(seconds: float) -> None:
        wall[0] += seconds

    monkeypatch.setattr(CACHE_CLOCK, "wall", lambda: wall[0])
    monkeypatch.setattr(CACHE_CLOCK, "monotonic", lambda: 1.0)
    # Nothing but a change's own wait moves the clock.
    monkeypatch.setattr(CouponService, "_wait_for_followers", lambda _: advance(SECONDS_TO_FOLLOW))
    it = Scene(api, table, api.coupon(code=links.new_id()[:8]), advance)
    it.token = api.distribute(it.coupon, "ann")["redeem_token"]
    answer = api.call("POST", "/v1/flow/blocks", {"coupon_id": it.coupon["coupon_id"]})
    it.block = answer.json()["block_id"]
    return it


@pytest.mark.parametrize(("code", "reason", "way"), CASES, ids=NAMES)
def test_refusal_is_read_again(scene: Scene, code: str, reason: Reason, way: str):
    scene.api.gateway.restart()
    reason.begin(scene)
    assert WAYS[way](scene) == code
    assert WAYS[way](scene) == code, "from warm caches"
    reason.end(scene)
    assert WAYS[way](scene) == "ok"


def test_cached_block_refuses_nothing(scene: Scene):
    """The block's coupon is disabled; then the block gets another coupon."""
    scene.api.gateway.restart()
    scene.patch(active=False)
    assert WAYS["flow by block"](scene) == "coupon_disabled"
    other = scene.api.coupon()
    body = {"coupon_id": other["coupon_id"]}
    assert scene.api.call("PUT", f"/v1/flow/blocks/{scene.block}", body).status_code == 200
    assert WAYS["flow by block"](scene) == "ok"


def test_admin_route_reads_the_add_on_again(scene: Scene):
    scene.api.operate("switch_addon", enabled=False)
    for _ in range(2):
        scene.api.gateway.restart()
        assert scene.api.call("GET", "/v1/coupons").status_code == 403
    scene.api.operate("switch_addon", enabled=True)
    assert scene.api.call("GET", "/v1/coupons").status_code == 200


def keep(_cache: TermsCache, coupon: Coupon) -> Coupon:
    return coupon


@pytest.mark.parametrize(
    ("code", "way", "patched"),
    [
        ("coupon_disabled", "flow", (TermsCache, "read_again", keep)),
        ("coupon_disabled", "page", (TermsCache, "read_again", keep)),
        ("coupon_max_uses_reached", "tap", (TermsCache, "confirm", keep)),
        (
            *("addon_disabled", "till"),
            (TermsCache, "has_addon", lambda it, id_: it.organisation(id_).addon_enabled),
        ),
    ],
)
def test_control_refusal_from_the_cache_is_noticed(
    scene: Scene, code: str, way: str, patched: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(*patched)
    reason = REASONS[code]
    scene.api.gateway.restart()
    reason.begin(scene)
    assert [WAYS[way](scene) for _ in range(2)] == [code, code]
    reason.end(scene)
    assert WAYS[way](scene) == code


def test_control_raise_that_does_not_wait_is_noticed(scene: Scene, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(CouponService, "_wait_for_followers", lambda _: None)
    use_all(scene)
    assert [WAYS["tap"](scene) for _ in range(2)] == ["coupon_max_uses_reached"] * 2
    scene.patch(max_redemptions=2)
    assert WAYS["tap"](scene) == "coupon_max_uses_reached"


def test_code_of_an_archived_coupon_leads_to_the_next_coupon(scene: Scene):
    """The till's environment has cached the code and the coupon while it was active."""
    for way in BY_CODE:
        assert WAYS[way](scene) == "ok"
    archive(scene)
    take_over_code(scene)
    assert WAYS["till by code"](scene) == "ok"
    assert scene.api.read(scene.coupon)["times_redeemed"] == 1
