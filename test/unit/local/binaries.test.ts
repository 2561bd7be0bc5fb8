import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { root } from '../../../deploy/local/prepare.mjs';

/** The platforms that docs/operate/deploy.md names, and the ABIs of Node 20, 22 and 24. */
const platforms = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64'];
const abis = ['115', '127', '137'];

t.test('native packages have binaries for each documented platform and version of Node', async (t) => {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: object };
  const locked = Object.keys(packages);
  for (const platform of platforms) {
    for (const abi of abis) {
      const name = `uws_${platform.replace('-', '_')}_${abi}.node`;
      t.ok(existsSync(join(root, 'node_modules/uWebSockets.js', name)), name);
    }
    // N-API: one binary for all versions of Node.
    t.ok(existsSync(join(root, 'node_modules/fs-native-extensions/prebuilds', platform)), platform);
    for (const family of ['@lmdb/lmdb', '@node-rs/argon2'])
      t.ok(
        locked.some((path) => path.startsWith(`node_modules/${family}-${platform}`)),
        `${family}-${platform}`,
      );
  }
});
