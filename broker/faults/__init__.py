"""The bank of faults: regressions that brokers really had, each a mechanism behind a configuration key.

``fault.NAME = STRENGTH`` switches one on, in a release file or with ``--set``; absent or 0 is off, and then
nothing of this folder is imported. A fault is one module: its docstring tells the mechanism and what is to be
seen of it, its ``FAULT`` the same in short, and a function makes subclasses of the broker's parts for a
strength (``broker/parts.py``). ``composing`` puts them in place at start-up, so that several can be on at once.
A fault does its damage by its mechanism, never by a sleep that stands for it. ``registry`` names them all.
"""
