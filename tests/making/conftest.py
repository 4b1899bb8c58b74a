"""The studio of the spine's tests, for the pages and the API."""

from tests.spine.conftest import maker, settings, studio, told

__all__ = ["maker", "settings", "studio", "told"]
