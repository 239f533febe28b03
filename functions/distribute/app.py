"""The Distribute Coupon block: gives a customer their link, and the flow an outcome to
branch on.
"""

from couponflow.bootstrap import Services
from couponflow.web.flow import response, routes

services = Services()
app = services.http_app(response.problem)
routes.add_routes(app, services)
handler = routes.build_handler(app, services)
