"""No text of a marketer runs as a script in a customer's browser."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from couponflow.domain.models import ButtonBehavior, RedeemButton, RedeemPage
from couponflow.web.page.state import PageState, State
from local.screenshots import sample_pages
from tests.browser.page.attacks import PLAIN
from tests.browser.page.static import LINK, StaticPage

NOW = datetime.now(UTC)
# Opens everything closed and clicks every element that does not leave the site.
TOUCH_EVERYTHING = """() => {
    for (const terms of document.querySelectorAll('details')) terms.open = true;
    for (const part of document.querySelectorAll('.terms *, h1, main, .bar')) {
        if (part.closest('a[href^="https:"]')) continue;
        for (const kind of ['mouseover', 'focus', 'click'])
            part.dispatchEvent(new Event(kind, {bubbles: true}));
    }
}"""
CAUGHT = """window.caught = 0;
for (const name of ['alert', 'confirm', 'prompt', 'print']) window[name] = () => window.caught++;"""


def pages_with_attack(attack: str) -> list[PageState]:
    """Pages with the attack in every field."""
    campaign = sample_pages.coupon(NOW, name=attack, code=attack)
    redeem, open_url = (
        RedeemButton(label=attack),
        RedeemButton(ButtonBehavior.OPEN_URL, attack, f"https://shop.example/{attack}"),
    )
    pages = [
        RedeemPage(
            terms=f"<p>{attack}</p>", background_color=attack, redeem_button=redeem, locale=attack
        ),
        RedeemPage(terms=attack, redeem_button=open_url),
        RedeemPage(redeem_button=RedeemButton(ButtonBehavior.OPEN_URL, attack, attack)),
    ]
    return [sample_pages.views(page, NOW, campaign)["available"] for page in pages]


def test_at_least_15_attacks_are_tried():
    assert len(set(PLAIN)) >= 50


def assert_harmless(shown: StaticPage, attack: str) -> None:
    page = shown.page
    page.evaluate(TOUCH_EVERYTHING)
    assert page.evaluate("window.caught") == 0, attack
    assert page.url == LINK, attack
    assert shown.requests == [LINK], attack
    assert shown.errors == [], attack
    assert page.evaluate("document.title") == re.sub(r"[ \t\n\f\r]+", " ", attack).strip(" ")


def test_attack_in_any_field_neither_runs_nor_navigates(phone):
    context = phone()
    context.add_init_script(CAUGHT)
    stage = StaticPage(context)
    for attack in PLAIN:
        for view in pages_with_attack(attack):
            assert_harmless(stage.show(view), attack)


def test_attack_fails_in_a_browser_without_policy_support(phone):
    context = phone(bypass_csp=True)
    context.add_init_script(CAUGHT)
    stage = StaticPage(context)
    for attack in (" ".join(PLAIN[at : at + 8]) for at in range(0, len(PLAIN), 8)):
        for view in pages_with_attack(attack):
            assert_harmless(stage.show(view), attack)


def test_control_page_without_escaping_is_noticed(phone):
    """Control: the same check on a page without escaping."""
    context = phone(bypass_csp=True)
    context.add_init_script(CAUGHT)
    shown = StaticPage(context).show(sample_pages.views(RedeemPage(), NOW)[State.AVAILABLE])
    shown.page.evaluate("document.querySelector('h1').innerHTML = '<img src=x onerror=alert(1)>'")
    shown.page.wait_for_function("window.caught === 1")


def test_policy_stops_attacks_if_escaping_fails(phone):
    context = phone()
    context.add_init_script(CAUGHT)
    shown = StaticPage(context).show(sample_pages.views(RedeemPage(), NOW)[State.AVAILABLE])
    shown.page.evaluate(
        "document.querySelector('h1').innerHTML = '<img src=x onerror=alert(1)><i "
        'style="color:red">\''
    )
    shown.page.wait_for_timeout(300)
    assert shown.page.evaluate("window.caught") == 0
    assert len([text for text in shown.errors if "Content Security Policy" in text]) == 2
