"""Jobs as rows and as queue entries: states, attempts, deadlines, progress, and rescue when a worker dies."""

from atelier.jobs.cancel import cancel
from atelier.jobs.rows import NoSuchJob, find, listing
from atelier.jobs.tables import Job, State

__all__ = ["Job", "NoSuchJob", "State", "cancel", "find", "listing"]
