"""Engines that compute on this machine: one file for each runtime."""
