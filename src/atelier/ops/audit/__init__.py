"""The readiness report: every tick in it is a check that ran a moment ago, on this studio."""

from atelier.ops.audit.check import Check, Evidence, Result, Severity
from atelier.ops.audit.checks import CHECKS
from atelier.ops.audit.report import Report, audit_markdown
from atelier.ops.audit.run import audit, blockers

__all__ = ["CHECKS", "Check", "Evidence", "Report", "Result", "Severity", "audit", "audit_markdown", "blockers"]
