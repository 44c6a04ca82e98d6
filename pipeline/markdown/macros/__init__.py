"""Confluence's macros: `table` has a row for each, the other modules the functions of the rows."""
