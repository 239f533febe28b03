"""Marketers upload images here; everyone can fetch the published ones."""

from couponflow.bootstrap import Services
from couponflow.web.admin import image_routes

services = Services()
app = services.http_app()
image_routes.add_routes(app, services)
handler = app.handler
