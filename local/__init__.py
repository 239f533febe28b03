"""The local stack; not deployed. Demo data use the layer's package, which is not installed."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "layers" / "couponflow"))
