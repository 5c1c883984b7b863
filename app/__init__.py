"""The desktop program and the commands: the only folder that knows Qt."""
