"""What you run: one readable config file a paper, and the programs that train and generate."""
