"""Moving a workload: a pure state machine, its journal and fences, and the driver that performs its actions."""
