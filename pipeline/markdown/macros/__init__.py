"""Confluence's macros: one row each in `table.MACROS`, one file a family of functions."""
