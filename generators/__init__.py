"""Jobs that write source records: days generated according to the contracts, or sales from your own files.

The modules of the latter are named own_*.
"""
