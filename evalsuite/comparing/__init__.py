"""From finished runs to numbers: pure, without disk, engine or wording."""
