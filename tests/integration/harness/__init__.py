"""What the integration tests stand on: a PostgreSQL cluster, a gateway process, and a protocol client that keeps bytes."""
