"""Interpret the rows of files or a collection's documents by a mapping: strings, typed, money, sales."""
