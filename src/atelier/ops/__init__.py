"""What operators need: health, the audit, backups and the console."""
