"""`python -m covgov` is the console script."""

from covgov.cli.main import entry

if __name__ == "__main__":
    entry()
