"""What a run compares without holding it in memory: the listing, the plan, a store's list.

`database` opens the run's scratch database; `listing` holds the listed pages, whose `ancestors` it
finds, `on_pages` what is on them, `planned` the plan, and `listed_chunks` what a store lists.
`merge` compares what is sorted by id, such as a `view` of a table.
"""
