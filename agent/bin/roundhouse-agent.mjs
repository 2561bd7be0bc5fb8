#!/usr/bin/env node
// The command of the package @roundhouse/agent, for a site without a hub: `roundhouse agent run` of the other packages.
process.argv.splice(2, 0, 'agent', 'run');
await import('./roundhouse.mjs');
