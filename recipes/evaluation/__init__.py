"""What `recipes.evaluate` is made of: protocols, conditions, networks, measures, reports."""
