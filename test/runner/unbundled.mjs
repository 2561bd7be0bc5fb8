// Loaded into every program of a run that measures coverage: V8 can tell the lines of compiled sources, and not those of a bundle.
process.env.ROUNDHOUSE_UNBUNDLED = '1';
