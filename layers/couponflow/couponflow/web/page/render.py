"""The page as HTML: one document, visible without any further request.

`Markup.format` escapes every value from outside.
"""

from markupsafe import Markup

from couponflow.web.page import assets, icons, languages, translations
from couponflow.web.page.colors import WHITE
from couponflow.web.page.redeem_form import render_redeem_form
from couponflow.web.page.state import PageState, State
from couponflow.web.page.ticket import TicketRenderer

_DOCUMENT = Markup(
    '<!doctype html>\n<html lang="{lang}" dir="{dir}" data-state="{state}">\n<head>\n<meta '
    'charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width,initial-scale=1,'
    'viewport-fit=cover">\n<title>{title}</title>\n'
    '<meta name="robots" content="noindex">\n<meta name="format-detection" '
    'content="telephone=no">\n'
    '<meta name="theme-color" content="{color}">\n{head}'
    "<style>{style}</style><style>{colors}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
)
_META = Markup('<meta property="{}" content="{}">\n')
_ICON = Markup('<link rel="icon" href="{}">\n')
_SCRIPT = Markup("<script>{}</script>\n").format(assets.SCRIPT)
_MESSAGE = Markup(
    '<main class="message">\n<article class="ticket"><section class="part">\n'
    '<span class="badge">{}</span><h1>{}</h1><p>{}</p>{}\n</section></article></main>\n'
)
_CHECK = Markup('<p><a class="button main" href="/r/{}">{}</a></p>')


def render(view: PageState, accept_language: str = "", base_url: str = "") -> str:
    """The page in the coupon's language, or the browser's.

    Link previews fetch the image from `base_url`.
    """
    locale = languages.choose(view.page.locale, accept_language)
    ticket = TicketRenderer(view, locale)
    body = (
        ticket.header()
        + ticket.main()
        + render_redeem_form(view, translations.of(locale))
        + _SCRIPT
    )
    return _document(
        view.state,
        locale,
        view.coupon.name,
        body,
        _head(view, ticket, base_url),
        view.page.background_color,
    )


def unknown_outcome(
    token: str | None, accept_language: str = "", *, may_be_redeemed: bool = True
) -> str:
    """Render the way back to the page: after a redeem whose answer was lost, or when nothing could
    be done. Without a token there is no way back.
    """
    locale = languages.choose(None, accept_language)
    words = translations.of(locale)
    check = _CHECK.format(token, words.check_again) if token else ""
    title, why = (
        (words.unknown, words.unknown_why) if may_be_redeemed else (words.busy, words.busy_why)
    )
    return _message(State.UNKNOWN_OUTCOME, locale, icons.WAITING, title, why, check)


def not_found(accept_language: str = "") -> str:
    """The page of an unknown or archived link: the same bytes for each of them."""
    locale = languages.choose(None, accept_language)
    words = translations.of(locale)
    return _message(State.NOT_FOUND, locale, icons.SEARCH, words.not_found, words.not_found_why)


def _head(view: PageState, ticket: TicketRenderer, base_url: str) -> Markup:
    """The link preview in chats: without the code and without data of the customer."""
    said = {
        "og:type": "website",
        "og:title": view.coupon.name,
        "og:site_name": view.organisation,
        "og:description": ticket.valid_until().striptags(),
    }
    if image := view.page.campaign_image:
        said |= {
            "og:image": base_url + image.preview_path,
            "og:image:type": "image/jpeg",
            "twitter:card": "summary_large_image",
        }
    icon = view.page.brand_icon
    return _ICON.format(icon.path if icon else "data:,") + Markup().join(
        map(_META.format, said, said.values())
    )


def _message(state: State, locale: str, icon: Markup, title: str, why: str, more: str = "") -> str:
    return _document(
        state, locale, title, _MESSAGE.format(icon, title, why, more), _ICON.format("data:,")
    )


def _document(
    state: State, locale: str, title: str, body: Markup, head: Markup, color: str = WHITE
) -> str:
    return str(
        _DOCUMENT.format(
            lang=locale,
            dir=languages.direction(locale),
            state=state,
            title=title,
            color=color,
            head=head,
            style=assets.STYLE,
            colors=assets.colors(color),
            body=body,
        )
    )
