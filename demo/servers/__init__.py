"""Real servers on loopback: installed from PyPI, started, waited for, surely stopped."""
