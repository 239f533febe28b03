"""Organisations, keys and the add-on switch.

Direct invocation only: IAM decides who may call it.
"""

from couponflow.bootstrap import Services
from couponflow.web.operator import actions

services = Services()
handler = actions.build_handler(services)
