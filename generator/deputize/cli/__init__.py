"""The terminal: parse, call one job, print, exit. A command's first line imports its job, so `--help` stays quick."""
