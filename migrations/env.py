"""Runs the migrations, each in a transaction of its own with a lock timeout, one process at a time."""

from alembic import context
from sqlalchemy import create_engine, make_url, pool, text

url = make_url(context.config.attributes["url"]).set(drivername="postgresql+psycopg")
engine = create_engine(url, poolclass=pool.NullPool)
with engine.connect() as connection:
    connection.execute(text("SELECT pg_advisory_lock(hashtext('atelier migrations'))"))
    connection.execute(text("SET lock_timeout = '5s'"))
    connection.commit()
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.execute(text("SELECT pg_advisory_unlock(hashtext('atelier migrations'))"))
    connection.commit()
