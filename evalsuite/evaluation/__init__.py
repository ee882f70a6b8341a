"""From two models and a question set to a comparison: plan, generate, cut, pair, attribute."""
