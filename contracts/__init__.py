"""The definitions of a sale, a click and a startup; everything that needs their fields derives from these."""
