"""Running the service without AWS. Nothing that is deployed imports this."""

import sys
from pathlib import Path

# The demo data are made with the layer's own package, which lies there as Lambda expects it.
sys.path.append(str(Path(__file__).resolve().parent.parent / "layers" / "couponflow"))
