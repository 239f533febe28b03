"""The marketers' API: coupons, their redeem pages, their redemption records and flow blocks."""

from couponflow.bootstrap import Services
from couponflow.domain import links
from couponflow.web.admin import (
    coupon_routes,
    customer_routes,
    flow_block_routes,
    record_routes,
    redeem_page_routes,
    statistics_routes,
)
from couponflow.web.http import unknown_routes
from couponflow.web.openapi import routes as openapi_routes
from couponflow.web.page import error_pages

services = Services()
app = services.http_app(
    page=error_pages.error_page,
    # The way to the page costs nothing, and the page checks the link.
    is_own_link=links.has_token,
)
coupon_routes.add_routes(app, services)
redeem_page_routes.add_routes(app, services)
record_routes.add_routes(app, services)
customer_routes.add_routes(app, services)
statistics_routes.add_routes(app, services)
flow_block_routes.add_routes(app, services)
openapi_routes.add_routes(app, services)
unknown_routes.add_routes(app, services)
handler = app.handler
