"""Redemption: by the link's page, or at a till."""

from couponflow.bootstrap import Services
from couponflow.web.page import error_pages
from couponflow.web.redeem import routes

services = Services()
app = services.http_app(
    page=error_pages.error_page, is_own_link=services.redemption_service.is_own_link
)
routes.add_routes(app, services)
handler = app.handler
