"""One run, from settings to exit code: the only stage that knows all the others.

Empty on purpose: importing it costs nothing, so that wrong settings are reported at once.
"""
