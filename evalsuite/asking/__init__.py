"""From names to finished runs: plan, run, resume, share and stop early; effects live here."""
