"""What the sinks share that store each chunk as a file of a vector store.

`collection`: finds, creates and reads the store; the base of these sinks.
`store_files`: what the store holds, and how it changes. It uses `listed/` (what the store holds),
`file_writer` (chunks become files), `exact_writer` and `exact_text` (the same where the server
alters the text of files), `last_file` (what faiss needs), `search` and `workers` (several requests
at a time).
`altered_text`: whether the server alters the text of files. `version`: the server's, and how many
files it is sent at a time.
`store_api`: the routes. `provider`: the database behind a store. `entry`: a chunk as a file.
"""
