// Loaded into every program of a run that measures coverage: V8 can tell the lines of compiled sources, but not the lines of a bundle.
process.env.ROUNDHOUSE_UNBUNDLED = '1';
