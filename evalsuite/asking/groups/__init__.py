"""Groups: several comparisons planned, run and judged as one."""
