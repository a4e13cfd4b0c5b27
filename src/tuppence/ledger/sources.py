"""Who may have decided something about a transaction."""

from typing import Literal

Source = Literal["person", "rule", "memory", "classifier", "model", "import"]
"""What a "person" decided nothing else overwrites."""
