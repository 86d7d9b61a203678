"""What a sale, a click and a startup are, each once: everything that knows their fields derives from here."""
