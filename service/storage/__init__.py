"""Databases: opening them, the tables that the service writes, copies of them, and locks that only one can hold."""
