"""What several steps need: clients, identifiers, SQL files, logging."""
