"""Nothing general knows a hotel: its words stand in templates, and in what people write to learn from, alone."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import demeanor

SOURCE = Path(demeanor.__file__).parent
WORDS = re.compile(r"\b(hotels?|guests?|sea[- ]?views?|suites?|check[-_ ]?ins?|check[-_ ]?outs?|seaview)\b", re.IGNORECASE)
