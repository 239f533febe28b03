"""Nothing here is deployed. The demo data is made with the layer's own package, which is not installed anywhere."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "layers" / "couponflow"))
