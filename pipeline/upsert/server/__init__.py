"""What all sinks share: requests to a server, its description, its models and its lists."""
