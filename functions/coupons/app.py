"""The marketers' API: coupons, their redeem pages, their redemption records and flow blocks."""

from couponflow.bootstrap import Services
from couponflow.web.admin import coupon_routes, flow_block_routes, record_routes, redeem_page_routes
from couponflow.web.http import unknown_routes
from couponflow.web.openapi import routes as openapi_routes

services = Services()
app = services.http_app()
coupon_routes.add_routes(app, services)
redeem_page_routes.add_routes(app, services)
record_routes.add_routes(app, services)
flow_block_routes.add_routes(app, services)
openapi_routes.add_routes(app, services)
unknown_routes.add_routes(app, services)
handler = app.handler
