"""The simulated fleet of the demo and of the tests: clusters that speak the Kubernetes API on loopback.

Known to `app/composition.py` and to tests alone: the controller never learns that a cluster is simulated.
"""
