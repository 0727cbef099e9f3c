"""A typed generator of statements. A seed gives the same statements on every machine."""
