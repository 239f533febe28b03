"""Rendered HTML of the redeem page: required content and content that must be absent."""

import gzip
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from couponflow.domain.models import (
    ButtonBehavior,
    CodeDisplay,
    PageImage,
    RedeemButton,
    RedeemPage,
)
from couponflow.web.page import preview, render, terms_html
from couponflow.web.page.state import State
from tests.unit.page.samples import COUPON, NOW, OPEN, html, redemption, seen

USED = redemption("000001", minutes_ago=1)
ICON = PageImage("1c0n000000001", "a" * 64, 256, 256)
PICTURE = PageImage("p1ctvre000001", "b" * 64, 1200, 630)


def state_of(page: str) -> str:
    found = re.search(r'<html [^>]*data-state="(\w+)"', page)
    assert found
    return found[1]


@pytest.mark.parametrize("state", [state for state in State if state is not State.NOT_FOUND])
def test_root_element_names_the_state(state):
    assert state_of(render.render(preview.view(state, COUPON, RedeemPage(), "Acme", NOW))) == state


def test_redeem_form_has_only_the_use_number_and_a_submit_button():
    page = html(OPEN)
    token = seen(OPEN).token
    form = re.search(
        r'<form data-action="redeem" method="post" action="([^"]+)">(.*?)</form>', page, re.DOTALL
    )
    assert form and form[1] == f"/r/{token}/redeem"
    assert re.findall(r"<input[^>]*>", form[2]) == ['<input type="hidden" name="use" value="1">']
    assert 'type="submit"' in form[2]


def test_form_after_a_redemption_sends_the_next_use():
    page = html(USED)
    assert state_of(page) == "redeemed"
    assert '<input type="hidden" name="use" value="2">' in page and "Use again" in page


@pytest.mark.parametrize(
    "changes",
    [
        {"active": False},
        {"ends_at": NOW},
        {"starts_at": NOW + timedelta(hours=1)},
        {"sold_out": True},
    ],
)
def test_unusable_coupon_has_no_redeem_form(changes):
    assert "<form" not in html(OPEN, **changes) and "<form" not in html(USED, **changes)


@pytest.mark.parametrize("display", ["text", "qr", "barcode"])
def test_code_is_shown_as_text_and_in_the_chosen_symbol(display):
    page = html(OPEN, page=RedeemPage(code_display=display))
    assert 'data-code="SUMMER-25">SUMMER-25<' in page
    assert [kind for kind in ("qr", "barcode") if f'<svg class="{kind}"' in page] == [display][
        : display != "text"
    ]


HIDDEN = RedeemPage(code_display=CodeDisplay.HIDDEN)


@pytest.mark.parametrize("shown", [{"page": HIDDEN}, {"starts_at": NOW + timedelta(hours=1)}])
def test_hidden_or_not_yet_valid_code_is_absent_from_the_page(shown):
    page = html(OPEN, **shown)
    assert "data-code" not in page and COUPON.code not in page and "data-copy=" not in page


def test_copy_button_is_absent_when_switched_off():
    assert "data-copy=" in html(OPEN)
    assert "data-copy=" not in html(OPEN, page=RedeemPage(copy_code_button=False))


def test_redeem_button_has_the_merchants_label():
    assert ">Get my drink<" in html(
        OPEN, page=RedeemPage(redeem_button=RedeemButton(label="Get my drink"))
    )


def test_open_url_button_is_a_link_without_referrer():
    page = html(
        OPEN,
        page=RedeemPage(
            redeem_button=RedeemButton(
                ButtonBehavior.OPEN_URL, "Shop", "https://shop.example/?a=1&b=2"
            )
        ),
    )
    assert (
        '<a class="button main" href="https://shop.example/?a=1&amp;b=2" rel="noopener '
        'noreferrer">Shop' in page
    )
    assert "<form" not in page


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "http://shop.example", "", None]
)
def test_open_url_button_is_absent_unless_url_is_https(url):
    page = html(
        OPEN, page=RedeemPage(redeem_button=RedeemButton(ButtonBehavior.OPEN_URL, "Shop", url))
    )
    assert 'class="button main"' not in page


def test_images_declare_their_size_to_avoid_layout_shift():
    page = html(OPEN, page=RedeemPage(brand_icon=ICON, campaign_image=PICTURE))
    assert f'src="/images/{"a" * 64}.webp" width="256" height="256"' in page
    assert f'src="/images/{"b" * 64}.webp" width="1200" height="630"' in page


def test_link_preview_omits_code_and_customer():
    page = html(OPEN, page=RedeemPage(campaign_image=PICTURE))
    said = dict(re.findall(r'<meta property="([^"]+)" content="([^"]*)">', page))
    assert said["og:title"] == COUPON.name and said["og:description"].startswith("Valid until ")
    assert said["og:image"] == f"https://coupons.example/images/{'b' * 64}.jpg"
    assert not re.search(rf"{COUPON.code}|customer-1", " ".join(said.values()))


def test_page_shows_the_customers_link_but_not_their_id():
    assert "customer-1" not in html(USED) and seen(USED).token in html(USED)


def test_redemption_is_highlighted_for_ten_minutes():
    assert 'class="outcome fresh"' in html(redemption("000001", minutes_ago=9))
    past = html(redemption("000001", minutes_ago=120))
    assert 'class="outcome past"' in past and "2 hours ago" in past


def test_customer_at_their_limit_sees_every_redemption_time():
    page = html(
        redemption("000001", 60),
        redemption("000002", 30),
        redemption("000003", 10),
        max_redemptions_per_customer=3,
    )
    assert len(re.findall("data-redemption=", page)) == 3
    assert "as often as allowed" in page and "<form" not in page


def test_not_found_page_is_identical_to_the_byte():
    assert render.not_found() == render.not_found()
    assert state_of(render.not_found()) == "not_found"


def test_unknown_outcome_page_links_back_and_claims_no_failure():
    page = render.unknown_outcome("t0ken")
    assert state_of(page) == "unknown_outcome" and 'href="/r/t0ken"' in page
    assert not re.search("fail|error", page, re.IGNORECASE)


def test_page_is_one_document_of_at_most_8_kib_compressed():
    terms = "<p>" + "Valid at all branches, one per order, not with other offers. " * 20 + "</p>"
    page = html(OPEN, page=RedeemPage(code_display=CodeDisplay.QR, terms=terms))
    assert len(gzip.compress(page.encode(), 6)) <= 8 * 1024
    assert not re.search(
        r'<link rel="stylesheet|<script src|@import|url\(|https?://(?!coupons\.example)', page
    )


def test_terms_keep_safe_tags_and_line_breaks():
    rich = terms_html.sanitised(
        '<p onclick="x()">One <b>per</b> order</p><script>x()</script><a '
        'href="javascript:x()">a</a>'
    )
    assert rich == '<p>One <b>per</b> order</p><a rel="noopener noreferrer nofollow">a</a>'
    assert (
        terms_html.sanitised("Spend < 5 & smile\nagain\n\nThen go")
        == "<p>Spend &lt; 5 &amp; smile<br>again</p><p>Then go</p>"
    )
    assert terms_html.sanitised(" \n ") == ""


def test_preview_keeps_the_coupons_period_if_it_fits_the_state():
    shown = preview.view(State.AVAILABLE, COUPON, RedeemPage(), "Acme", NOW)
    assert (shown.coupon.starts_at, shown.coupon.ends_at) == (COUPON.starts_at, COUPON.ends_at)
    late = replace(COUPON, starts_at=NOW + timedelta(days=5), ends_at=NOW + timedelta(days=9))
    assert (
        preview.view(State.UPCOMING, late, RedeemPage(), "Acme", NOW).coupon.starts_at
        == late.starts_at
    )
    assert preview.view(State.AVAILABLE, late, RedeemPage(), "Acme", NOW).coupon.starts_at <= NOW
    assert preview.view(State.EXPIRED, late, RedeemPage(), "Acme", NOW).coupon.ends_at < NOW
