"""The definitions of a sale, a click and a startup; everything that knows their fields derives from here."""
