"""One module a scenario: its first docstring line is its title, NODES (optional) its machines, run(lab) its checks."""
