"""Servers that stand in for providers: for trying the studio without an account, and for its tests.

They speak the providers' protocols, check the key and the input as those do, and paint what they are asked for.
"""
