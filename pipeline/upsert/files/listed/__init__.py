"""What one store holds of ours, in databases on disk: a store may have millions of files.

`store_list`: the files of the store's list, read, or taken from the ledger where the server shows
that nothing has changed; `uploads`: the uploads that were made for it. `held`: the files, followed
by what this run changes; `file_table` and `private_database` store them, `copies` keeps files on
the same text apart. `left_over`: what interrupted runs and lost updates leave behind.
"""
