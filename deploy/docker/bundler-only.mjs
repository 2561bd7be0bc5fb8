// Leaves in package.json, of all that development needs, the bundler and what it bundles: an image is built without the tests' packages.
// package-lock.json still says which versions these are, and npm takes the others out of it.
import { readFileSync, writeFileSync } from 'node:fs';

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const needed = Object.entries(manifest.devDependencies).filter(([name]) =>
  ['esbuild', 'swagger-ui-dist'].includes(name),
);
writeFileSync('package.json', JSON.stringify({ ...manifest, devDependencies: Object.fromEntries(needed) }, null, 2));
