"""Parts of the golden-model maker; the entry points are the make_*.py scripts one folder up."""
