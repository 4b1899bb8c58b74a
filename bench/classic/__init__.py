"""The peer: the classic stack of FastAPI, SQLAlchemy, Celery and Redis, as its own guides set it up."""
