"""The studio's icons: line drawings on a 20 × 20 grid; an icon says what it is or hides beside the words that do."""

from __future__ import annotations

from markupsafe import Markup

ICONS = {
    "picture": '<rect x="2.5" y="3.5" width="15" height="13" rx="2"/><path d="m3 14 4-4 3.5 3.5L13 11l4 4"/>'
    '<circle cx="12.7" cy="7.2" r="1.2"/>',
    "voice": '<path d="M10 3v14M6 6v8M14 6v8M2.5 9v2M17.5 9v2"/>',
    "video": '<rect x="2.5" y="5" width="11" height="10" rx="2"/><path d="m13.5 9 4-2v6l-4-2"/>',
    "text": '<path d="M5 2.8h7L16 7v10.2H5zM12 2.8V7h4M7.8 10.5h5.4M7.8 13.5h5.4"/>',
    "model": '<path d="m10 2.8 6.5 3.6v7.2L10 17.2l-6.5-3.6V6.4zM3.5 6.4 10 10l6.5-3.6M10 10v7.2"/>',
    "chat": '<path d="M4 4.5h12v8H9l-4 3.5v-3.5H4z"/>',
    "library": '<rect x="3" y="3" width="6" height="8" rx="1.2"/><rect x="11" y="3" width="6" height="5" '
    'rx="1.2"/><rect x="3" y="13" width="6" height="4" rx="1.2"/><rect x="11" y="10" width="6" '
    'height="7" rx="1.2"/>',
    "workbench": '<path d="M4 6h12M4 10h12M4 14h7"/>',
    "wallet": '<rect x="2.5" y="5" width="15" height="11" rx="2"/><path d="M2.5 8.5h15M13.5 12.5h1.5"/>',
    "console": '<path d="M4 16v-5M10 16V4M16 16V8"/>',
    "member": '<circle cx="10" cy="7" r="3.2"/><path d="M3.5 17c.8-3.4 3.3-5 6.5-5s5.7 1.6 6.5 5"/>',
    "find": '<circle cx="9" cy="9" r="5.5"/><path d="m13.2 13.2 3.8 3.8"/>',
    "down": '<path d="m5 8 5 5 5-5"/>',
    "left": '<path d="m12 5-5 5 5 5"/>',
    "right": '<path d="m8 5 5 5-5 5"/>',
    "check": '<path d="m4.5 10.5 3.7 3.7 7.3-8"/>',
    "close": '<path d="m5.5 5.5 9 9m0-9-9 9"/>',
    "plus": '<path d="M10 4v12M4 10h12"/>',
    "heart": '<path d="M10 16.5 4 10.8A3.7 3.7 0 0 1 9.3 5.6l.7.8.7-.8a3.7 3.7 0 0 1 5.3 5.2z"/>',
    "pencil": '<path d="m4 16 .8-3.5L13.5 4 16 6.5l-8.5 8.7z"/>',
    "vary": '<circle cx="6" cy="14" r="2.3"/><circle cx="14" cy="6" r="2.3"/><path d="M3.7 8.5v-2a2 2 0 0 1 '
    '2-2h3M16.3 11.5v2a2 2 0 0 1-2 2h-3"/>',
    "repeat": '<path d="M4 9.5a6 6 0 0 1 10.4-3.3L16.5 8M16.5 4v4h-4M16 10.5a6 6 0 0 1-10.4 3.3L3.5 12M3.5 16v-4h4"/>',
    "download": '<path d="M10 3.5v9m-3.5-3.2 3.5 3.5 3.5-3.5M4 16.5h12"/>',
    "upload": '<path d="M10 13V4m-3.5 3.2L10 3.7l3.5 3.5M4 16.5h12"/>',
    "trash": '<path d="M4 6h12M8 6V4h4v2M5.5 6l.7 10.5h7.6L14.5 6M8.5 9v4.5M11.5 9v4.5"/>',
    "undo": '<path d="M4 8h8a4 4 0 0 1 0 8H8M4 8l3.5-3.5M4 8l3.5 3.5"/>',
    "alert": '<circle cx="10" cy="10" r="7"/><path d="M10 6.5v4.2M10 13.4v.1"/>',
    "info": '<circle cx="10" cy="10" r="7"/><path d="M10 9.3v4.2M10 6.6v.1"/>',
    "key": '<circle cx="7" cy="13" r="3.2"/><path d="m9.3 10.7 6.2-6.2M13 7l2 2"/>',
    "copy": '<rect x="7" y="7" width="9.5" height="9.5" rx="1.5"/><path d="M13 7V5a1.5 1.5 0 0 '
    '0-1.5-1.5H5A1.5 1.5 0 0 0 3.5 5v6.5A1.5 1.5 0 0 0 5 13h2"/>',
    "leave": '<path d="M8 4H5.5A1.5 1.5 0 0 0 4 5.5v9A1.5 1.5 0 0 0 5.5 16H8M12.5 13.5 16 10l-3.5-3.5M16 10H8"/>',
    "help": '<circle cx="10" cy="10" r="7"/><path d="M8 8a2 2 0 1 1 2.8 1.8c-.6.3-.8.7-.8 1.3M10 13.6v.1"/>',
    "light": '<circle cx="10" cy="10" r="3.2"/><path d="M10 3v1.5M10 15.5V17M3 10h1.5M15.5 10H17M5 5l1.1 '
    '1.1M13.9 13.9 15 15M5 15l1.1-1.1M13.9 6.1 15 5"/>',
    "dark": '<path d="M16 11.5A6.5 6.5 0 0 1 8.5 4a6.5 6.5 0 1 0 7.5 7.5z"/>',
    "globe": '<circle cx="10" cy="10" r="7"/><path d="M3 10h14M10 3c2.5 2 2.5 12 0 14M10 3c-2.5 2-2.5 12 0 14"/>',
    "sliders": '<path d="M3.5 6.5h7M14.5 6.5h2M3.5 13.5h2M9.5 13.5h7"/><circle cx="12.5" cy="6.5" r="1.9"/>'
    '<circle cx="7.5" cy="13.5" r="1.9"/>',
    "brush": '<path d="M9 11.5 15.5 4 16.5 5 10.5 12.5M9 11.5c-2.5 0-2 3-4.5 4 2 1 6 1 6-3z"/>',
    "cloud": '<path d="M6 15.5h8.2a3.1 3.1 0 0 0 .5-6.2 4.6 4.6 0 0 0-8.9-1A3.6 3.6 0 0 0 6 15.5z"/>',
    "eye": '<path d="M2.5 10S5.5 5 10 5s7.5 5 7.5 5-3 5-7.5 5-7.5-5-7.5-5z"/><circle cx="10" cy="10" r="2.2"/>',
    "cards": '<rect x="3" y="6" width="10" height="11" rx="1.5"/><path d="M7 3.5h8.5A1.5 1.5 0 0 1 17 5v9"/>',
}


def icon(name: str, label: str = "") -> Markup:
    """The drawing `name`; with a label it speaks for itself, without one it is hidden beside the words that do."""
    drawing = Markup(ICONS[name])  # noqa: S704  # our own drawings
    said = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="icon" viewBox="0 0 20 20" {}>{}</svg>').format(said, drawing)
