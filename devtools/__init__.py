"""What build.py is made of: environment, package, checks, window tests. Standard library only."""
