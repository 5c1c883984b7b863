"""What oracle, controller and app share: reasons, settings, clocks, untrusted texts and files. Knows no price."""
