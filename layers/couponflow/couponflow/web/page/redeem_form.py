"""The bar at the bottom of the page: the button, and the sheet that asks before a use is counted.

The sheet is a popover, so it opens without a script. A browser without popovers shows it open,
without the first button. The form has every field that a redemption needs.
"""

from markupsafe import Markup

from couponflow.domain.models import ButtonBehavior
from couponflow.web.page import icons
from couponflow.web.page.state import PageState, State
from couponflow.web.page.translations import Texts

_BAR = Markup('<div class="bar">{}</div>\n')
_FORM = Markup(
    '<form data-action="redeem" method="post" action="/r/{token}/redeem">\n<input type="hidden" '
    'name="use" value="{use}">\n'
    '<button class="main" type="button" popovertarget="confirm">{label}</button>\n'
    '<div id="confirm" class="sheet{open}"{popover} role="dialog" aria-labelledby="confirm-title" '
    'aria-describedby="confirm-why">\n'
    '<h2 id="confirm-title">{words.confirm}</h2><p id="confirm-why">{words.confirm_why}</p>\n'
    '<button class="main" type="submit">{words.confirm_yes}</button>\n'
    '<button type="button" popovertarget="confirm" '
    'popovertargetaction="hide">{words.confirm_no}</button>\n</div></form>'
)
_LINK = Markup('<p><a class="button main" href="{}" rel="noopener noreferrer">{}{}</a></p>')


def render_redeem_form(view: PageState, words: Texts) -> Markup:
    """The bar of the page; empty if there is nothing to press."""
    button = view.page.redeem_button
    if view.next_use is not None:
        is_open = view.state is State.CONFIRM
        form = _FORM.format(
            token=view.token,
            use=view.next_use,
            label=words.use_again if view.used else button.label or words.redeem,
            open=" open" if is_open else "",
            popover="" if is_open else Markup(' popover="auto"'),
            words=words,
        )
        return _BAR.format(form)
    if (
        view.base_state is State.AVAILABLE
        and button.behavior is ButtonBehavior.OPEN_URL
        and (button.url or "").startswith("https://")
    ):
        return _BAR.format(_LINK.format(button.url, button.label or words.open, icons.LEAVE))
    return Markup()
