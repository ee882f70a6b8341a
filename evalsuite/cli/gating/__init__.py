"""What surrounds the gate in CI: a policy in a file, and what a code host shows of the answer."""
