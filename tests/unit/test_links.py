"""Links: one per customer and coupon, impossible to forge."""

import pytest

from couponflow.domain import links
from couponflow.domain.codes import ALPHABET
from tests.unit.examples import a_coupon

COUPON = a_coupon()
OTHER = a_coupon(coupon_id="c0vp0n0000002")


def test_customer_has_one_link_per_coupon():
    ann, again, bob = (
        links.format_token(COUPON, links.derive_holder(COUPON, who))
        for who in ("ann", "ann", "bob")
    )
    assert ann == again != bob
    assert links.format_token(OTHER, links.derive_holder(OTHER, "ann")) != ann


def test_link_names_coupon_and_holder_but_not_the_customer():
    holder = links.derive_holder(COUPON, "ann@example.com")
    token = links.format_token(COUPON, holder)
    assert links.read_coupon_id(token) == COUPON.coupon_id
    assert links.read_holder(token, COUPON) == holder
    assert len(token) == 52
    assert set(token) <= set(ALPHABET.lower())
    assert "ann" not in token


@pytest.mark.parametrize("place", [*range(13, 52)])
def test_link_with_one_changed_character_is_invalid(place):
    token = links.format_token(COUPON, links.derive_holder(COUPON, "ann"))
    forged = token[:place] + ("0" if token[place] != "0" else "1") + token[place + 1 :]
    assert links.read_holder(forged, COUPON) is None


def test_new_link_secret_invalidates_links_but_keeps_holders():
    holder = links.derive_holder(COUPON, "ann")
    changed = a_coupon(link_secret="x" * 32)
    assert links.read_holder(links.format_token(COUPON, holder), changed) is None
    assert links.derive_holder(changed, "ann") == holder


def test_holders_depend_on_the_holder_secret():
    assert links.derive_holder(a_coupon(holder_secret="x" * 32), "ann") != links.derive_holder(
        COUPON, "ann"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "a" * 51,
        "a" * 53,
        "A" * 52,
        "u" * 52,
        "a" * 51 + "\n",
        "a" * 51 + "é",
        "a" * 26 + "/" + "a" * 25,
    ],
)
def test_malformed_link_names_no_coupon(text):
    assert links.read_coupon_id(text) is None
    assert links.read_holder(text, COUPON) is None


def test_idempotency_key_is_bound_to_coupon_and_customer():
    ann, bob = links.derive_holder(COUPON, "ann"), links.derive_holder(COUPON, "bob")
    other = links.derive_holder(OTHER, "ann")
    assert links.derive_attempt("key", ann) == links.derive_attempt("key", ann)
    assert (
        len({links.derive_attempt(key, who) for who in (ann, bob, other) for key in ("key", "kez")})
        == 6
    )


def test_each_use_has_its_own_redemption_id():
    ann, bob = links.derive_holder(COUPON, "ann"), links.derive_holder(COUPON, "bob")
    ids = {
        links.redemption_id(COUPON, who, slot)
        for who in (ann, bob)
        for slot in ("000001", "000002", "A#x")
    }
    assert len(ids) == 6
    assert not {ann.mac, bob.mac} & ids


def test_secrets_are_absent_from_the_repr():
    assert "hhhh" not in repr(COUPON)
    assert "kkkk" not in repr(COUPON)


TOKEN = links.format_token(COUPON, links.derive_holder(COUPON, "ann"))
BEFORE = ["", "(", "<", '"', "«", "*", " ", "\u200b"]
AFTER = [
    *["", ".", ",", ")", ">", '"', "'", "!", "?", ";", ":", "]", "}", "*", "_", "~", "\\", "|"],
    *["...", "…", ").", '">', " ", "\n", "\t", "\u00a0", "\u3000", "。", "、", "）", "」", "です"],
    *["\u200b", "\u200e", "\u2060", "\ufeff", "/", "//", "/redeem", "/redeem/", "/a/b", "%20", "&"],
    *[" Enjoy", "\nhttps://coupons.example/", "#x", "🎁", "\x00"],
]


@pytest.mark.parametrize("after", AFTER)
@pytest.mark.parametrize("before", BEFORE)
def test_link_with_text_around_it_is_recovered(before: str, after: str):
    assert links.recover_token(f"/r/{before}{TOKEN}{after}") == TOKEN


@pytest.mark.parametrize(
    "path",
    [
        f"/r/{TOKEN.upper()}",
        f"/R/{TOKEN.title()}",
        f"//r//{TOKEN}",
        f"/r/{TOKEN[:20]}\u200b{TOKEN[20:]}",
        f"/r/{TOKEN[:20]}\u00ad{TOKEN[20:]}",
        "/r/" + TOKEN.replace("0", "O").replace("1", "l"),
        "/r/" + TOKEN.replace("0", "o").replace("1", "I"),
        "/r/" + "".join(chr(ord(letter) + 0xFEE0) for letter in TOKEN),
    ],
)
def test_link_in_another_spelling_is_recovered(path: str):
    assert links.recover_token(path) == TOKEN


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/r/",
        TOKEN,
        f"/{TOKEN}",
        f"/x/{TOKEN}",
        f"/r{TOKEN}",
        f"/v1/r/{TOKEN}",
        f"/r/{TOKEN[:-1]}",
        f"/r/{TOKEN}x",
        f"/r/{TOKEN[:26]}/{TOKEN[26:]}",
        f"/r/{TOKEN[:-1]}!",
        f"/r/{TOKEN[:-1]}u",
        f"/r/{TOKEN[:-1]}é",
        "/r/" + "a" * 2_000,
    ],
)
def test_other_paths_have_no_link(path: str):
    assert links.recover_token(path) is None
