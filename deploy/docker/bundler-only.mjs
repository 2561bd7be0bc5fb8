// Reduces package.json's development packages to the bundler and the packages that it bundles: an image needs no packages for tests.
// package-lock.json still says which versions these are, and npm takes the others out of it.
import { readFileSync, writeFileSync } from 'node:fs';

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const needed = Object.entries(manifest.devDependencies).filter(([name]) =>
  ['esbuild', '@scalar/fastify-api-reference'].includes(name),
);
writeFileSync('package.json', JSON.stringify({ ...manifest, devDependencies: Object.fromEntries(needed) }, null, 2));
