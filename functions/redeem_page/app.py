"""The redeem page. Read only: the function may not write to the table."""

from couponflow.bootstrap import Services
from couponflow.web.page import error_pages, routes

services = Services()
app = services.http_app(
    writes=False,
    page=error_pages.error_page,
    is_own_link=services.redemption_service.is_own_link,
)
routes.add_routes(app, services)
handler = app.handler
