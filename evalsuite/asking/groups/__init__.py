"""Groups on the road: several comparisons planned, run and judged as one."""
