"""Confluence's macros: `table.py` has a row for each, the other files a function for each row."""
