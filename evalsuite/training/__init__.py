"""GRPO with TRL: options, rewards, warm-up, the held-out watch, logs and manifests."""
