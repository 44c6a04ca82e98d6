"""Confluence → Markdown → chunks → vector database: one folder a stage.

`records` and `settings` import nothing of ours; `fetch`, `markdown`, `chunk`, `upsert`, `state`
and `report` import those and never each other; `run` imports all; programs import `run`.
"""
