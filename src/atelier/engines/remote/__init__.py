"""Engines that compute elsewhere: one file for each provider's protocol, and what they share."""
