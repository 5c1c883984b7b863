"""From the declarations of settings to files, environment, flags, explanations and the page of all settings."""
