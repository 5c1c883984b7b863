"""A simulated fleet that speaks the Kubernetes API; the controller never knows that it is simulated."""
