"""Source in, instrumented code out, and the process in which it runs."""
