"""GET /r/{token}: what the customer of a link sees. Changes nothing, whoever fetches it."""

from couponflow.bootstrap import Parts
from couponflow.domain.errors import CouponNotFound
from couponflow.web import second_look
from couponflow.web.answers import Response
from couponflow.web.edge import Request
from couponflow.web.page import answers, view

parts = Parts()
couponflow = parts.couponflow
edge = parts.edge(writes=False, page=answers.troubled)


@edge.route("GET /r/{token}", scope=None)
@edge.route("HEAD /r/{token}", scope=None)
def page(request: Request) -> Response:
    try:
        opened = couponflow.open(request.params["token"], look_again=second_look.asked(request))
    except CouponNotFound:
        return answers.not_found(request)
    return answers.shown(view.of(opened, request.now), request)


handler = edge.handler
