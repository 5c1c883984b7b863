"""What crosses between the engine and those who watch it: frozen values only. All of it pure."""
