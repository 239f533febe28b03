"""Marketers upload images here; everyone can fetch the published ones."""

from couponflow.bootstrap import Services
from couponflow.web.admin import image_routes
from couponflow.web.page import error_pages

services = Services()
app = services.http_app(page=error_pages.error_page)
image_routes.add_routes(app, services)
handler = app.handler
