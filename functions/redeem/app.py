"""Redemption: by the link's page, or at a till."""

from couponflow.bootstrap import Services
from couponflow.web.redeem import requests, routes

services = Services()
app = services.http_app(page=requests.error_page)
routes.add_routes(app, services)
handler = app.handler
