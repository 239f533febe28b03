"""A customer's link: consecutive uses, forged links, and the state of the page after each use."""

import re
from typing import Any

import pytest

from couponflow.domain import links
from couponflow.domain.codes import ALPHABET
from couponflow.web.http import rate_limits
from couponflow.web.http.rate_limits import RateLimiter
from tests.support.api import Api


def test_page_offers_the_next_use_until_the_limit(api: Api):
    coupon = api.coupon(max_redemptions_per_customer=3)
    link = api.link(coupon, "ann")
    for number in (1, 2, 3):
        page = api.client.get(link).text
        offered = re.search(r'name="?use"?[^>]*value="?(\d+)|value="?(\d+)"?[^>]*name="?use', page)
        assert offered is not None
        assert int(offered[1] or offered[2]) == number
        assert api.tap(link, use=number).json()["repeated"] is False
    page = api.client.get(link).text
    assert 'data-state="redeemed"' in page
    assert 'data-action="redeem"' not in page
    assert [record["status"] for record in api.records(coupon)] == ["redeemed"] * 3


def test_double_tap_is_one_use(api: Api):
    coupon = api.coupon(max_redemptions_per_customer=3)
    link = api.link(coupon, "ann")
    for number in (1, 2):
        first, second = api.tap(link, use=number).json(), api.tap(link, use=number).json()
        assert (first["repeated"], second["repeated"]) == (False, True)
        assert first["redemption_id"] == second["redemption_id"]
    assert api.read(coupon)["times_redeemed"] == 2


@pytest.mark.parametrize("limit", [3, None])
def test_use_requires_the_previous_use(api: Api, limit):
    coupon = api.coupon(max_redemptions_per_customer=limit)
    link = api.link(coupon, "ann")
    for use in (2, 3, 7, 999_999):
        refused = api.tap(link, use=use)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "use")
    api.tap(link)
    assert api.tap(link, use=3).status_code == 422
    assert api.tap(link, use=2).status_code == 200
    assert api.read(coupon)["times_redeemed"] == 2


@pytest.mark.parametrize(
    "use", ["0", "-1", "1.0", "", "x", "1000000", "١", "1 ", "0001", "1e0", "null"]
)
def test_form_use_must_be_a_positive_integer(api: Api, use):
    coupon = api.coupon()
    link = api.link(coupon, "ann")
    answer = api.client.post(
        f"{link}/redeem", data={"use": use}, headers={"accept": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert api.read(coupon)["times_redeemed"] == 0


@pytest.mark.parametrize("use", [True, None, 0, 1.5, [1], {"use": 1}, "one"])
def test_json_use_must_be_a_positive_integer(api: Api, use):
    link = api.link(api.coupon(), "ann")
    assert api.client.post(f"{link}/redeem", json={"use": use}).status_code == 422


def test_missing_use_means_the_first(api: Api):
    coupon = api.coupon(max_redemptions_per_customer=2)
    link = api.link(coupon, "ann")
    json = {"accept": "application/json"}
    assert api.client.post(f"{link}/redeem", headers=json).json()["repeated"] is False
    bodies: list[dict[str, Any]] = [
        {"json": {}},
        {"data": {"other": "1"}},
        {"json": {"use": 1}},
        {"json": {"use": "1"}},
    ]
    for body in bodies:
        assert api.client.post(f"{link}/redeem", headers=json, **body).json()["repeated"] is True


def test_program_gets_json_and_form_is_redirected_to_the_page(api: Api):
    coupon = api.coupon()
    link = api.link(coupon, "ann")
    form = api.client.post(f"{link}/redeem", data={"use": "1"}, headers={"accept": "text/html"})
    assert (form.status_code, form.headers["location"]) == (303, link)
    assert api.page_state(link) == "redeemed"
    assert set(api.tap(link).json()) == {"redemption_id", "status", "redeemed_at", "repeated"}


def test_page_shows_a_redemption_at_once(api: Api):
    coupon = api.coupon()
    link = api.link(coupon, "ann")
    assert api.page_state(link) == "available"
    api.tap(link)
    assert api.page_state(link) == "redeemed"


def forgeries(token: str) -> list[str]:
    changed = [
        token[:at] + ("0" if token[at] != "0" else "1") + token[at + 1 :]
        for at in (0, 12, 13, 30, 38, 39, 51)
    ]
    return [
        *changed,
        token[:-1],
        token + "0",
        token[:39] + "0" * 13,
        "x",
        "0" * 52,
        "%00",
        "..%2f..",
        "%F0%9F%8E%81",
        " ",
    ]


def test_forged_link_gets_the_not_found_page(api: Api):
    coupon = api.coupon()
    token = api.distribute(coupon, "ann")["redeem_token"]
    unknown = api.client.get("/r/" + "a" * 52)
    for forged in forgeries(token):
        page = api.client.get(f"/r/{forged}")
        assert (page.status_code, page.content) == (404, unknown.content), forged
        tap = api.tap(f"/r/{forged}")
        assert (tap.status_code, tap.json()["code"]) == (404, "coupon_not_found")
    assert api.read(coupon)["times_redeemed"] == 0


def test_authentic_link_without_distribution_is_not_found(api: Api):
    coupon = api.coupon(max_redemptions_per_customer=2)
    known = (
        api.gateway.function("RedeemFunction")
        .services.redemption_service.find_coupon(api.organisation_id, coupon_id=coupon["coupon_id"])
        .coupon
    )
    link = f"/r/{links.format_token(known, links.derive_holder(known, 'stranger'))}"
    assert api.client.get(link).status_code == api.tap(link).status_code == 404
    assert api.tap(link, use=2).status_code in (404, 422)
    assert api.read(coupon)["times_redeemed"] == 0


def test_link_is_short_plain_and_stable(api: Api):
    coupon = api.coupon()
    tokens = {api.distribute(coupon, "ann@example.com")["redeem_token"] for _ in range(3)}
    api.tap(f"/r/{min(tokens)}")
    tokens.add(api.distribute(coupon, "ann@example.com")["redeem_token"])
    assert len(tokens) == 1
    assert len(min(tokens)) <= 52
    assert set(min(tokens)) <= set(ALPHABET.lower())


def test_query_string_on_a_link_is_ignored(api: Api):
    link = api.link(api.coupon(), "ann")
    assert api.page_state(f"{link}?use=1&fbclid=x&state=redeemed") == "available"
    answer = api.client.post(
        f"{link}/redeem?use=5", data={"use": "1"}, headers={"accept": "application/json"}
    )
    assert answer.status_code == 200


def test_page_of_another_site_redeems_nothing(api: Api):
    coupon = api.coupon()
    link = api.link(coupon, "ann")
    for headers in (
        {"origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site", "accept": "application/json"},
    ):
        answer = api.client.post(f"{link}/redeem", data={"use": "1"}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
    assert api.read(coupon)["times_redeemed"] == 0
    assert (
        api.client.post(
            f"{link}/redeem", data={"use": "1"}, headers={"origin": "https://coupons.example"}
        ).status_code
        == 303
    )
    assert api.read(coupon)["times_redeemed"] == 1


@pytest.fixture
def one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """The window of the rate limits does not end."""
    monkeypatch.setattr(RateLimiter, "_window", 7)


# A block of calls is taken from the shared counter after every 40.
ENOUGH = rate_limits.BY_LINK.at_most + 41


def test_taps_out_of_order_count_towards_the_limit(api: Api, one_window):
    """Each costs a read, as a tap that is refused by a rule does."""
    link = api.link(api.coupon(), "ann")
    assert {api.tap(link, use=7).status_code for _ in range(rate_limits.BY_LINK.at_most)} == {422}
    assert api.tap(link, use=7).status_code == 422
    assert [api.tap(link, use=7).status_code for _ in range(ENOUGH)][-1] == 429


def test_refused_taps_count_towards_the_limit(api: Api, one_window):
    coupon = api.coupon()
    link = api.link(coupon, "ann")
    api.change(coupon, active=False)
    assert [api.tap(link).status_code for _ in range(ENOUGH)][-1] == 429


def test_nonsense_on_a_made_up_link_writes_no_counter(api: Api, stored):
    """Only taps on our own links are counted in the table, so guesses cost no write."""
    before = stored()
    for use in ("x", "7"):
        for _ in range(50):
            api.client.post("/r/0123456789abc/redeem", data={"use": use})
    assert stored() == before


@pytest.mark.parametrize("is_json", [True, False])
def test_archived_link_is_not_found_with_the_cookie(api: Api, is_json):
    """The cookie skips the cache: the archive is checked on the coupon that is used."""
    coupon = api.coupon()
    link = api.link(coupon, "ann")
    assert api.page_state(link) == "available"
    assert api.call("DELETE", f"/v1/coupons/{coupon['coupon_id']}").status_code == 204
    headers = {"cookie": "look_again=1"} | ({"accept": "application/json"} if is_json else {})
    found = api.client.get(link, headers=headers)
    assert found.status_code == 404
    unknown = api.client.get(f"/r/{'0' * 52}", headers=headers)
    assert found.content == unknown.content
