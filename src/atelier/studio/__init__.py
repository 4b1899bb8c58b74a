"""The spine: `begin` takes a wish and its price, `perform` makes it. Nothing else creates paid work."""

from atelier.studio.begin import Wish, begin
from atelier.studio.house import Studio
from atelier.studio.quote import Quote, quote

__all__ = ["Quote", "Studio", "Wish", "begin", "quote"]
