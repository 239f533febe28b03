"""The redeem page. Read only: the function may not write to the table."""

from couponflow.bootstrap import Services
from couponflow.web.page import responses, routes

services = Services()
app = services.http_app(writes=False, page=responses.error_page)
routes.add_routes(app, services)
handler = app.handler
