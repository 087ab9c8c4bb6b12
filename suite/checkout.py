"""Where this checkout lies: case files, gates, registry and goldens are beside the code.

Whose files are taken is decided elsewhere.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""Of this repository."""
