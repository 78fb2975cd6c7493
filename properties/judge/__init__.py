"""From a cell to a verdict: plan, subjects, oracles, comparison, the smallest example."""
