"""Batches of chunks into any sink: sent again, halved or looked up where one fails.

`insert` sends one batch; `insert_health` judges by all batches of a run whether the server works.
"""
