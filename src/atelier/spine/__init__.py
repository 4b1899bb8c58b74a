"""The spine: `begin` takes a request and its price, `perform` makes it. Nothing else creates paid work."""

from atelier.spine.begin import JobRequest, begin
from atelier.spine.quote import Quote, quote
from atelier.spine.studio import Studio

__all__ = ["JobRequest", "Quote", "Studio", "begin", "quote"]
