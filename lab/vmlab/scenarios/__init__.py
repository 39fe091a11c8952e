"""
One module a scenario. The first line of its docstring is its title, `run(lab)` makes its checks. It may say NODES, the
machines it wants instead of the usual three, and RUNS_VMSTORE = False when it needs no distribution.
"""
