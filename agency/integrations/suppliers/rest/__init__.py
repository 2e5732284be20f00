"""The adapter for suppliers that follow our own REST contract (reference and idempotency key on every order)."""
