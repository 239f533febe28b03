"""The ticket: the state of the coupon, its facts, its code and its terms."""

from collections.abc import Callable
from datetime import datetime, timedelta

from markupsafe import Markup

from couponflow.domain.models import CodeDisplay, PageImage
from couponflow.web.page import barcodes, dates, icons, terms_html, translations
from couponflow.web.page.state import PageState, PastUse, State

# A redemption looks fresh for this long. A page shown later may have been shown before.
FRESH = timedelta(minutes=10)
_LONG_CODE = 14

_HEADER = Markup("<header>{}<span>{}</span></header>\n")
_INITIAL = Markup('<span class="initial" aria-hidden="true">{}</span>')
_BRAND = Markup('<img class="brand" src="{}" width="{}" height="{}" alt="">\n')
# The largest element is painted last, so it is fetched first.
_PICTURE = Markup(
    '<img class="picture" src="{}" width="{}" height="{}" alt="" fetchpriority="high">\n'
)
_MAIN = Markup(
    '<main data-now="{}">\n{}<article class="ticket">\n<section '
    'class="part">\n{}</section>\n{}</article>\n{}</main>\n',
)
_STUB = Markup('<section class="part">\n<div class="code{}">\n{}</div>\n</section>\n')
_FACT = Markup("<li>{}<span>{}</span></li>\n")
_TIME = Markup('<time datetime="{}"><bdi>{}</bdi></time>')
_PARAGRAPH = Markup("<p>{}</p>\n")
_AGAIN = Markup('<p data-renew-at="{}">{}</p>\n')
_OUTCOME = Markup('<div class="outcome {}"{}><span class="badge">{}</span><h2>{}</h2>{}</div>\n')
_REDEEMED = Markup(
    '<strong class="time">{time}</strong><p>{day}{ago}</p>'
    '<p class="live"><i></i>{label} <span data-clock="{offset}" dir="ltr">{clock}</span></p>'
)
_UNIT = Markup('<span><b data-unit="{}">{:02}</b>{}</span>')
_COUNTDOWN = Markup(
    '<div class="count" role="timer" aria-label="{}" data-until="{}" hidden>{}</div>'
)
_USES = Markup('<div class="uses"><h2>{}</h2><ol>\n{}</ol>{}</div>\n')
_USE = Markup('<li>{}<small data-redemption="{}">{}</small></li>\n')
_CODE = Markup('<p class="code-label">{}</p><p class="code-text{}" data-code="{}">{}</p>\n')
_COPY = Markup(
    '<button type="button" data-copy="{copied}" data-label="{copy}" hidden>{icon}<span '
    'aria-live="polite">{copy}</span></button>'
    '<p role="status" data-note="press" hidden>{press}</p>\n'
)
_NOTE = Markup(
    '<div class="note" role="alert" data-note="{}" hidden>{}<p><strong>{}</strong> {}</p></div>\n'
)
_ASKING = Markup(
    '<div class="outcome asking" role="alert" data-note="unknown"{}><span '
    'class="badge">{}</span><h2>{}</h2><p>{}</p>'
    '<a class="button" href="/r/{}" data-check>{}</a></div>\n'
)
_TERMS = Markup(
    '<details><summary><h2>{}</h2>{}</summary><div class="terms" dir="auto">{}</div></details>\n'
)


class TicketRenderer:
    """Renders one page state in one language."""

    def __init__(self, view: PageState, locale: str) -> None:
        self._view, self._locale, self._words = view, locale, translations.of(locale)

    def header(self) -> Markup:
        """The merchant's icon and name."""
        icon, name = self._view.page.brand_icon, self._view.organisation
        mark = _image(_BRAND, icon) if icon else _INITIAL.format(name[:1].upper())
        return _HEADER.format(mark, name)

    def main(self) -> Markup:
        """The ticket with its notes."""
        title = Markup('<h1 dir="auto">{}</h1>\n').format(self._view.coupon.name)
        top = (
            self._asking()
            + self._outcome()
            + self._picture()
            + self._chip()
            + title
            + self._facts()
            + self._uses()
        )
        return _MAIN.format(
            _milliseconds(self._view.now), self._notes(), top, self._stub(), self._terms()
        )

    def valid_until(self) -> Markup:
        """The end of the period, as a sentence."""
        return Markup(self._words.valid_until).format(
            moment=self._time(self._view.ends_at, dates.last_moment)
        )

    def _outcome(self) -> Markup:
        """The state for the cashier; empty while the coupon may be used."""
        make: dict[State, Callable[[], Markup]] = {
            State.REDEEMED: self._redeemed,
            State.UPCOMING: self._upcoming,
            State.EXPIRED: self._expired,
            State.DISABLED: lambda: _stopped(
                icons.PAUSE, self._words.disabled, self._words.disabled_why
            ),
            State.SOLD_OUT: lambda: _stopped(
                icons.CROSS, self._words.sold_out, self._words.sold_out_why
            ),
        }
        return make.get(self._view.base_state, Markup)()

    def _redeemed(self) -> Markup:
        if not self._view.used:
            return Markup()
        now, at, timezone = (
            self._view.now,
            self._view.used[-1].redeemed_at,
            self._view.coupon.timezone,
        )
        is_fresh = now < at + FRESH
        body = _REDEEMED.format(
            time=dates.clock(at, timezone),
            day=self._time(at, dates.day),
            ago="" if is_fresh else f" · {dates.ago(at, now, self._locale)}",
            label=self._words.time_now,
            offset=dates.seconds_east(now, timezone),
            clock=dates.clock(now, timezone),
        )
        until = Markup(' data-fresh-until="{}"').format(_milliseconds(at + FRESH))
        return _OUTCOME.format(
            "fresh" if is_fresh else "past", until, icons.TICK, self._words.redeemed, body
        )

    def _upcoming(self) -> Markup:
        words, view = self._words, self._view
        title = words.closed if view.is_closed else words.upcoming
        if view.usable_from is None:
            return _OUTCOME.format(
                "upcoming", "", icons.CLOCK, title, _PARAGRAPH.format(words.stays_closed)
            )
        when = words.usable_from if view.is_closed else words.starts_at
        sentence = _PARAGRAPH.format(Markup(when).format(moment=self._time(view.usable_from)))
        count = self._countdown(
            view.usable_from, words.usable_in if view.is_closed else words.starts_in
        )
        return _OUTCOME.format("upcoming", "", icons.CLOCK, title, count + sentence)

    def _countdown(self, until: datetime, label: str) -> Markup:
        words, left = self._words, max(0, int((until - self._view.now).total_seconds()))
        units = (
            ("d", left // 86_400, words.days),
            ("h", left // 3_600 % 24, words.hours),
            ("m", left // 60 % 60, words.minutes),
            ("s", left % 60, words.seconds),
        )
        return _COUNTDOWN.format(
            label, _milliseconds(until), Markup().join(_UNIT.format(*unit) for unit in units)
        )

    def _expired(self) -> Markup:
        since = Markup(self._words.expired_since).format(
            moment=self._time(self._view.ends_at, dates.last_moment)
        )
        return _stopped(icons.CLOCK, self._words.expired, since)

    def _picture(self) -> Markup:
        image = self._view.page.campaign_image
        return (
            _image(_PICTURE, image)
            if image and self._view.base_state is not State.REDEEMED
            else Markup()
        )

    def _chip(self) -> Markup:
        if self._view.base_state is not State.AVAILABLE:
            return Markup()
        return Markup('<p class="chip">{}{}</p>\n').format(icons.TICK, self._words.available)

    def _facts(self) -> Markup:
        facts, state = Markup(), self._view.base_state
        if state is not State.EXPIRED:
            facts += _FACT.format(icons.CLOCK, self.valid_until())
        if self._view.uses_left is not None and state in (
            State.AVAILABLE,
            State.UPCOMING,
            State.REDEEMED,
        ):
            facts += _FACT.format(
                icons.TICKETS, Markup(self._words.uses_left).format(count=self._view.uses_left)
            )
        return Markup('<ul class="facts">\n{}</ul>\n').format(facts) if facts else facts

    def _uses(self) -> Markup:
        used = self._view.used
        if not used:
            return Markup()
        are_all = self._view.uses_left == 0 and len(used) > 1
        note = _PARAGRAPH.format(self._words.all_used) if are_all else self._again()
        return _USES.format(
            self._words.your_uses, Markup().join(map(self._use, reversed(used))), note
        )

    def _again(self) -> Markup:
        """When a customer who used the coupon up for a period can use it again."""
        if self._view.base_state is not State.REDEEMED or self._view.usable_from is None:
            return Markup()
        moment = self._time(self._view.usable_from)
        return _AGAIN.format(
            _milliseconds(self._view.usable_from),
            Markup(self._words.again_from).format(moment=moment),
        )

    def _use(self, use: PastUse) -> Markup:
        return _USE.format(
            self._time(use.redeemed_at, dates.second), use.redemption_id, use.reference
        )

    def _stub(self) -> Markup:
        view, words = self._view, self._words
        if view.base_state is State.UPCOMING:
            if view.usable_from is None:
                return Markup()
            later = words.code_when_open if view.is_closed else words.code_later
            return _STUB.format("", _PARAGRAPH.format(later))
        code, draw = view.coupon.code, barcodes.RENDERERS.get(view.page.code_display)
        if view.page.code_display is CodeDisplay.HIDDEN:
            return Markup()
        text = _CODE.format(words.code, " long" if len(code) > _LONG_CODE else "", code, code)
        if view.base_state.is_over:
            return _STUB.format(" void", text)
        return _STUB.format("", (draw(code) if draw else Markup()) + text + self._copy())

    def _copy(self) -> Markup:
        words = self._words
        if not self._view.page.copy_code_button:
            return Markup()
        return _COPY.format(
            copied=words.copied, copy=words.copy, icon=icons.COPY, press=words.press_and_hold
        )

    def _notes(self) -> Markup:
        """Hidden notes that the script shows when the connection is lost."""
        words = self._words
        notes = _NOTE.format("offline", icons.SIGNAL, words.offline, words.offline_why)
        if self._view.next_use is None:
            return notes
        return notes + _NOTE.format("not_yet", icons.TICKETS, words.available, words.not_yet)

    def _asking(self) -> Markup:
        """Shown while the result of a redemption is unknown."""
        words, view = self._words, self._view
        if view.next_use is None:
            return Markup()
        hidden = "" if view.state is State.UNKNOWN_OUTCOME else Markup(" hidden")
        return _ASKING.format(
            hidden, icons.WAITING, words.unknown, words.unknown_why, view.token, words.check_again
        )

    def _terms(self) -> Markup:
        terms = terms_html.sanitised(self._view.page.terms)
        return _TERMS.format(self._words.terms, icons.CHEVRON, terms) if terms else terms

    def _time(
        self, at: datetime, write: Callable[[datetime, str, str], str] = dates.moment
    ) -> Markup:
        return _TIME.format(
            at.isoformat(timespec="seconds"), write(at, self._view.coupon.timezone, self._locale)
        )


def _stopped(icon: Markup, title: str, why: str) -> Markup:
    return _OUTCOME.format("stopped", "", icon, title, _PARAGRAPH.format(why))


def _image(made: Markup, image: PageImage) -> Markup:
    return made.format(image.path, image.width, image.height)


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
