"""The API machinery of one simulated cluster, without sockets: store, patches, admission, request handling."""
