"""Jobs as rows and as queue entries: states, attempts, deadlines, progress, and rescue when a worker dies."""

from atelier.jobs.cancel import cancel
from atelier.jobs.rows import NoSuchJob, find, listing
from atelier.jobs.tables import Job, Mode, State

__all__ = ["Job", "Mode", "NoSuchJob", "State", "cancel", "find", "listing"]
