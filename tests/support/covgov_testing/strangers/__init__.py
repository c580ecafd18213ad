"""Adopts released projects as a newcomer would, and checks every figure against coverage.py's."""
