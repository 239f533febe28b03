"""Links: one a customer and coupon, and only we can make them."""

import pytest

from couponflow.domain import links
from couponflow.domain.codes import ALPHABET
from tests.unit.examples import a_coupon

COUPON = a_coupon()
OTHER = a_coupon(coupon_id="c0vp0n0000002")


def test_a_customer_has_one_link_to_a_coupon_and_another_to_another():
    ann, again, bob = (links.format_token(COUPON, links.derive_holder(COUPON, who)) for who in ("ann", "ann", "bob"))
    assert ann == again != bob
    assert links.format_token(OTHER, links.derive_holder(OTHER, "ann")) != ann


def test_a_link_says_which_coupon_and_holder_it_is_of_and_nothing_of_the_customer():
    holder = links.derive_holder(COUPON, "ann@example.com")
    token = links.format_token(COUPON, holder)
    assert links.read_coupon_id(token) == COUPON.coupon_id
    assert links.read_holder(token, COUPON) == holder
    assert len(token) == 52
    assert set(token) <= set(ALPHABET.lower())
    assert "ann" not in token


@pytest.mark.parametrize("place", [*range(13, 52)])
def test_a_link_with_one_character_changed_is_none_of_ours(place):
    token = links.format_token(COUPON, links.derive_holder(COUPON, "ann"))
    forged = token[:place] + ("0" if token[place] != "0" else "1") + token[place + 1 :]
    assert links.read_holder(forged, COUPON) is None


def test_a_new_link_secret_kills_every_link_of_a_coupon_and_leaves_its_customers():
    holder = links.derive_holder(COUPON, "ann")
    changed = a_coupon(link_secret="x" * 32)
    assert links.read_holder(links.format_token(COUPON, holder), changed) is None
    assert links.derive_holder(changed, "ann") == holder


def test_another_holder_secret_makes_other_holders():
    assert links.derive_holder(a_coupon(holder_secret="x" * 32), "ann") != links.derive_holder(COUPON, "ann")


@pytest.mark.parametrize(
    "text", ["", "x", "a" * 51, "a" * 53, "A" * 52, "u" * 52, "a" * 51 + "\n", "a" * 51 + "é", "a" * 26 + "/" + "a" * 25]
)
def test_what_can_be_no_link_names_no_coupon(text):
    assert links.read_coupon_id(text) is None
    assert links.read_holder(text, COUPON) is None


def test_an_idempotency_key_is_bound_to_coupon_and_customer():
    ann, bob = links.derive_holder(COUPON, "ann"), links.derive_holder(COUPON, "bob")
    other = links.derive_holder(OTHER, "ann")
    assert links.derive_attempt("key", ann) == links.derive_attempt("key", ann)
    assert len({links.derive_attempt(key, who) for who in (ann, bob, other) for key in ("key", "kez")}) == 6


def test_each_use_has_a_redemption_id_of_its_own():
    ann, bob = links.derive_holder(COUPON, "ann"), links.derive_holder(COUPON, "bob")
    ids = {links.redemption_id(COUPON, who, slot) for who in (ann, bob) for slot in ("000001", "000002", "A#x")}
    assert len(ids) == 6
    assert not {ann.mac, bob.mac} & ids


def test_secrets_stay_out_of_what_is_printed():
    assert "hhhh" not in repr(COUPON)
    assert "kkkk" not in repr(COUPON)
