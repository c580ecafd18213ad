"""covgov governs test coverage: bars, explained drops, dated exceptions, and no green without a measurement.

The package itself imports nothing, so that the pytest plugin can be loaded before coverage measurement starts without
hiding covgov's own modules from it.
"""

__version__ = "0.1.0"
