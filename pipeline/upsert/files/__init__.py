"""What the sinks share whose chunks are files of a vector store.

`collection`: finds, makes and reads the store; the base of these sinks.
`store_files`: what the store holds, and how it changes, kept in step with the server:
`held` (what is in it), `file_writer` (chunks become files), `last_file` (what faiss needs),
`search`, `workers` (several requests at a time).
`store_api`: the routes. `provider`: what the store is kept in. `entry`: a chunk as a file.
"""
