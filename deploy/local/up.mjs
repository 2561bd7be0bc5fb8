// `npm run up`: installs and builds the clone, then runs a hub and a local agent in the foreground.
import { build, checkNode, install, main } from './prepare.mjs';

await main(async () => {
  checkNode();
  const isHelp = process.argv.slice(2).some((arg) => arg === '--help' || arg === '-h');
  if (!isHelp) {
    await install();
    // The compiler's process would stay as long as the hub.
    if (await build()) (await import('esbuild')).stop();
  }
  const { up } = await import('../cli/up.mjs');
  return up(process.argv.slice(2));
});
