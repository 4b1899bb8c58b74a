"""Pictures. How many pixels one may have follows from the memory of the process that opens it (`media.pictures`)."""

from atelier.base.kinds.kind import Kind

IMAGE = Kind(
    id="image",
    rank=10,
    one="picture",
    several="Pictures",
    icon="picture",
    types={"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"},
    verb="bring_picture",
    formats="PNG, JPEG, WebP",
    marks={"image/png": rb"\x89PNG\r\n\x1a\n", "image/jpeg": rb"\xff\xd8\xff", "image/webp": rb"RIFF....WEBP"},
    endings=("jpeg",),
    limits={"megabytes": 20},
)
