"""The firm of tests/app, for the tests that kill its worker."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

_FILE = Path(__file__).parents[1] / "app" / "conftest.py"
_spec = importlib.util.spec_from_file_location("firm_of_the_app_tests", _FILE)
assert _spec is not None
assert _spec.loader is not None
_firm = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = _firm
_spec.loader.exec_module(_firm)

house, firm, zone, weekend, wait_until = _firm.house, _firm.firm, _firm.zone, _firm.weekend, _firm.wait_until
