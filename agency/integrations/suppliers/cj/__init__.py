"""The adapter for CJ Dropshipping API 2.0: create, check the price, pay."""
