"""From what was measured to whole grams, exactly (docs/spec/05-points.md §5.6)."""

from ledger.quantification.document import Formula, Quantification, Range
from ledger.quantification.rounding import Rounding

__all__ = ["Formula", "Quantification", "Range", "Rounding"]
