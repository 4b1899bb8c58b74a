"""The cellar: what every room stands on and nothing here knows a room above it.

Database handles, events, errors, ids, the clock, secrets, logs, requests to other servers and the embedded PostgreSQL.
"""
