"""Signing in elsewhere: accounts at OpenID providers and GitHub that open a member's own account here (A1)."""
