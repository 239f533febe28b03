"""The texts of the page: one module per language, imported on first use."""

from dataclasses import dataclass
from functools import cache
from importlib import import_module


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one language. Names in braces are placeholders."""

    coupon: str
    available: str
    valid_until: str  # {moment}
    uses_left: str  # {count}
    code: str
    copy: str
    copied: str
    press_and_hold: str
    terms: str
    redeem: str
    use_again: str
    open: str
    confirm: str
    confirm_why: str
    confirm_yes: str
    confirm_no: str
    redeemed: str
    time_now: str
    your_uses: str
    all_used: str
    upcoming: str
    starts_at: str  # {moment}
    starts_in: str
    code_later: str
    closed: str
    usable_from: str  # {moment}
    usable_in: str
    stays_closed: str
    code_when_open: str
    again_from: str  # {moment}
    days: str
    hours: str
    minutes: str
    seconds: str
    expired: str
    expired_since: str  # {moment}
    disabled: str
    disabled_why: str
    sold_out: str
    sold_out_why: str
    offline: str
    offline_why: str
    not_yet: str
    unknown: str
    unknown_why: str
    busy: str
    busy_why: str
    check_again: str
    not_found: str
    not_found_why: str


@cache
def of(locale: str) -> Texts:
    """In one of `locales.SUPPORTED`."""
    texts: Texts = import_module(f"{__name__}.{locale.lower().replace('-', '_')}").TEXTS
    return texts
