"""Simulated services on this computer that speak the real protocols of D-Wave and Dynex to the real clients.

They let anyone try the cloud samplers without an account, and tests try what no account would offer: every way to fail.
"""
