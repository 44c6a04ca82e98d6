"""What the sinks share of any vector server: requests, its description, its models, its lists."""
