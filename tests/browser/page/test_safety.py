"""Nothing that a marketer can write runs in a customer's browser."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from couponflow.domain.models import ButtonBehavior, RedeemButton, RedeemPage
from couponflow.web.page.state import PageState, State
from local.screenshots import sample_pages
from tests.browser.page.attacks import PLAIN
from tests.browser.page.static import LINK, Stage

NOW = datetime.now(UTC)
# Opens what is closed and clicks what leads to no other site.
TOUCH_EVERYTHING = """() => {
    for (const terms of document.querySelectorAll('details')) terms.open = true;
    for (const part of document.querySelectorAll('.terms *, h1, main, .bar')) {
        if (part.closest('a[href^="https:"]')) continue;
        for (const kind of ['mouseover', 'focus', 'click']) part.dispatchEvent(new Event(kind, {bubbles: true}));
    }
}"""
CAUGHT = "window.caught = 0; for (const name of ['alert', 'confirm', 'prompt', 'print']) window[name] = () => window.caught++"


def everywhere(attack: str) -> list[PageState]:
    """Pages with the attack in each field."""
    campaign = sample_pages.coupon(NOW, name=attack, code=attack)
    redeem, open_url = RedeemButton(label=attack), RedeemButton(ButtonBehavior.OPEN_URL, attack, f"https://shop.example/{attack}")
    pages = [
        RedeemPage(terms=f"<p>{attack}</p>", background_color=attack, redeem_button=redeem, locale=attack),
        RedeemPage(terms=attack, redeem_button=open_url),
        RedeemPage(redeem_button=RedeemButton(ButtonBehavior.OPEN_URL, attack, attack)),
    ]
    return [sample_pages.views(page, NOW, campaign)["available"] for page in pages]


def test_there_are_attacks_enough():
    assert len(set(PLAIN)) >= 50


def assert_harmless(shown: Stage, attack: str) -> None:
    page = shown.page
    page.evaluate(TOUCH_EVERYTHING)
    assert page.evaluate("window.caught") == 0, attack
    assert page.url == LINK, attack
    assert shown.requests == [LINK], attack
    assert shown.complaints == [], attack
    assert page.evaluate("document.title") == re.sub(r"[ \t\n\f\r]+", " ", attack).strip(" ")


def test_nothing_written_into_any_field_runs_or_leads_away(phone):
    context = phone()
    context.add_init_script(CAUGHT)
    stage = Stage(context)
    for attack in PLAIN:
        for view in everywhere(attack):
            assert_harmless(stage.show(view), attack)


def test_nor_does_it_where_a_browser_has_no_policy(phone):
    context = phone(bypass_csp=True)
    context.add_init_script(CAUGHT)
    stage = Stage(context)
    for attack in (" ".join(PLAIN[at : at + 8]) for at in range(0, len(PLAIN), 8)):
        for view in everywhere(attack):
            assert_harmless(stage.show(view), attack)


def test_a_page_that_lets_an_attack_through_is_found_out(phone):
    """The control: the same eyes on a page whose escaping was left out."""
    context = phone(bypass_csp=True)
    context.add_init_script(CAUGHT)
    shown = Stage(context).show(sample_pages.views(RedeemPage(), NOW)[State.AVAILABLE])
    shown.page.evaluate("document.querySelector('h1').innerHTML = '<img src=x onerror=alert(1)>'")
    shown.page.wait_for_function("window.caught === 1")


def test_the_policy_stops_what_escaping_would_have_missed(phone):
    context = phone()
    context.add_init_script(CAUGHT)
    shown = Stage(context).show(sample_pages.views(RedeemPage(), NOW)[State.AVAILABLE])
    shown.page.evaluate("document.querySelector('h1').innerHTML = '<img src=x onerror=alert(1)><i style=\"color:red\">'")
    shown.page.wait_for_timeout(300)
    assert shown.page.evaluate("window.caught") == 0
    assert len([text for text in shown.complaints if "Content Security Policy" in text]) == 2
