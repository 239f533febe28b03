"""The page as HTML: one document, nothing to fetch before it can be seen."""

from markupsafe import Markup

from couponflow.domain import times
from couponflow.web.page.view import State, View

_DOCUMENT = Markup("""<!doctype html>
<html lang="en" dir="ltr" data-state="{state}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>{title}</title></head>
<body><main><h1>{title}</h1>
{body}</main></body>
</html>
""")
_SENTENCE = {
    State.UPCOMING: "Not valid yet",
    State.AVAILABLE: "Ready to use",
    State.CONFIRM: "Show this to the staff",
    State.REDEEMED: "Redeemed",
    State.EXPIRED: "Expired",
    State.DISABLED: "Not available",
    State.SOLD_OUT: "All used",
    State.UNKNOWN_OUTCOME: "We could not see whether it worked",
    State.NOT_FOUND: "There is no coupon here",
}


def render(view: View, locale: str) -> str:
    body = Markup("<p>{}</p>\n").format(_SENTENCE[view.state])
    if view.state is not State.UPCOMING and view.page.code_display != "hidden":
        body += Markup('<p data-code="{0}">{0}</p>\n').format(view.coupon.code)
    for use in view.used:
        body += Markup("<p>Redeemed {} ({})</p>\n").format(times.text(use.redeemed_at), use.redemption_id[:6])
    if view.next_use is not None:
        body += _form(view)
    return str(_DOCUMENT.format(state=view.state, title=view.coupon.name, body=body))


def unknown_outcome(token: str, locale: str) -> str:
    """When the answer to a redeem got lost and not even the coupon can be read: the way back to the page, which knows."""
    body = Markup('<p>{}</p><p><a href="/r/{}">Look again</a></p>').format(_SENTENCE[State.UNKNOWN_OUTCOME], token)
    return str(_DOCUMENT.format(state=State.UNKNOWN_OUTCOME, title="Coupon", body=body))


def not_found() -> str:
    """The same to the byte for every link that is not, or not any more, one of ours."""
    return str(_DOCUMENT.format(state=State.NOT_FOUND, title="Coupon", body=_SENTENCE[State.NOT_FOUND]))


def _form(view: View) -> Markup:
    return Markup(
        '<form data-action="redeem" method="post" action="/r/{}/redeem">'
        '<input type="hidden" name="use" value="{}"><button>{}</button></form>\n'
    ).format(view.token, view.next_use, view.page.redeem_button.label or ("Use again" if view.used else "Redeem"))
