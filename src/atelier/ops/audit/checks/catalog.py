"""The models on offer: a file that can be read, engines that exist, and licences that let them be sold."""

from __future__ import annotations

from atelier.catalog import BadCatalog, Snapshot
from atelier.catalog.catalog import read
from atelier.catalog.model import forbids_selling
from atelier.ops.audit.check import Evidence, check, counted, evidence
from atelier.ops.audit.ground import Ground


@check(
    "catalog.valid",
    "D10",
    title="The catalog on disk is valid and the one that is applied",
    remedy="Mend the line that is named; the last good version stays on offer until then.",
    quick=True,
)
async def valid(ground: Ground) -> Evidence:
    catalog = ground.studio.catalog
    try:
        on_disk = read(catalog.path, ground.studio.engines.ids)
    except (BadCatalog, OSError) as error:
        return Evidence(False, " ".join(str(error).split()))
    if catalog.fault:
        return Evidence(False, " ".join(catalog.fault.split()))
    return Evidence(True, f"{counted(len(on_disk.models), 'model')}, each with an engine that this release has.")


@check(
    "catalog.licences",
    "F7",
    title="No model is sold against its licence",
    remedy="Set its price to 0, take it out of the catalog, or buy the right to sell it and write that licence.",
    quick=True,
)
async def licences(ground: Ground) -> Evidence:
    models = ground.studio.catalog.current.models
    faults = unlawful(ground.studio.catalog.current)
    named = sorted({model.licence for model in models})
    return evidence(faults, f"{counted(len(models), 'model')} under {', '.join(named)}; what is sold may be sold.")


def unlawful(offered: Snapshot) -> list[str]:
    """Models without a licence, and those that are sold although it forbids that."""
    faults = [f"{model.id} names no licence" for model in offered.models if not model.licence.strip()]
    return faults + [
        f"{model.id} is sold under {model.licence}"
        for model in offered.models
        if any(model.price.values()) and forbids_selling(model.licence)
    ]
