"""What the API of a simulated cluster is made of: objects and their store, patches, admission, lists, watches.

Knows no control loop and no model; `cluster_api` above answers requests with it.
"""
