"""Django's SQLite backend, with a fair queue for whoever writes (`ENGINE`: this package)."""
