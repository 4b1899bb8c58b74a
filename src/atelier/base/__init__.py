"""The cellar: what every room stands on and nothing here knows a room above it.

Database handles, events, errors, ids, the clock, secrets, logs and the embedded PostgreSQL.
"""
