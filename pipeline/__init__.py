"""Confluence → Markdown → chunks → vector database, one file a stage."""
