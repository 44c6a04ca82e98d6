"""What a run bounds and reports of the conversion of its pages.

`page_budget` ends the one that costs too much, `warnings` reports what the others lack.
"""

from pipeline.run.convert.page_budget import PageBudget, PageBudgetError
from pipeline.run.convert.warnings import ConversionWarnings

__all__ = ["ConversionWarnings", "PageBudget", "PageBudgetError"]
