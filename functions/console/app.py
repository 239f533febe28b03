"""GET /console/…: the admin console, a static application that uses nothing but the public API."""

import os
from pathlib import Path

from couponflow.web.console import static_files
from couponflow.web.console.static_files import Console, upload_origins

console = Console.of(Path(__file__).with_name("static"), upload_origins(os.environ))
handler = static_files.build_handler(console)
