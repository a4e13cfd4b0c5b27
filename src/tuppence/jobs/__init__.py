"""Durable work: it is done even when the process that began it dies. Knows no particular job."""
