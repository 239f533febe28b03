"""The consumer of the table's stream: counts what happened to redemptions."""

from couponflow.bootstrap import Services
from couponflow.web.events import handler as events

services = Services()
handler = events.build_handler(services)
