"""Confluence → Markdown → chunks → vector database: one folder a stage.

`records` and `settings` import nothing of this project, `http` imports `settings`. The stages
`fetch`, `markdown`, `chunk`, `upsert`, `state` and `report` import those three and never each
other; `run` imports all; programs import `run`.
"""
