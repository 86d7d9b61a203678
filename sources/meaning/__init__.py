"""What the rows of files or the documents of a collection say, by a mapping: texts, typed, money, sales."""
