"""What every folder above shares: reasons, settings, clocks, texts and files that are not trusted. Knows no price."""
