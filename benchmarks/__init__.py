"""How fast, beside its peers: ratios of runs that were made side by side. `python -m benchmarks --help`."""
