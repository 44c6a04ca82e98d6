"""A model of a site, a store and the nights between them, for histories that hypothesis makes up.

`site` is edited, `stores` lose things, `states` are folders that are lost or rolled back, and
`machine` has the rules. After each history, one clean run has to equal a first one.
"""
