"""Would a pod run there: the filters of kube-scheduler over pods and nodes that were read. Pure."""
