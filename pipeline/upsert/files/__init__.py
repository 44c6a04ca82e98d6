"""What the sinks that keep chunks as files share: the routes, a file's form, a store's files."""
