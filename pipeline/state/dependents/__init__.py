"""Pages whose text depends on others: what the ledger knows of them, and their look-up by title."""

from pipeline.state.dependents.listed_titles import ListedTitles, fold_names
from pipeline.state.dependents.record import (
    DEPENDENTS_TABLES,
    UNCERTAIN,
    Dependent,
    Dependents,
    Include,
)

__all__ = [
    "DEPENDENTS_TABLES",
    "UNCERTAIN",
    "Dependent",
    "Dependents",
    "Include",
    "ListedTitles",
    "fold_names",
]
