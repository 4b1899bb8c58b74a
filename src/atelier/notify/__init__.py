"""Mail: letters written as rows with the change that they tell of, sent by workers or kept for the operator to read."""

from atelier.notify.carrier import Carrier, NoCarrier, Refused, Smtp, Unreachable
from atelier.notify.keys import Keys
from atelier.notify.write import Writer

__all__ = ["Carrier", "Keys", "NoCarrier", "Refused", "Smtp", "Unreachable", "Writer"]
