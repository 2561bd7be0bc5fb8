// Checks the workflows of GitHub with the actionlint that `.ci/actionlint` pins.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { actionlintCache, actionlintFolder, goCacheFolder, newerGoPath } from '../deploy/local/parts.mjs';
import { main, root, run } from '../deploy/local/prepare.mjs';

await main(async () => {
  const folder = join(root, '.github', 'workflows');
  const files = readdirSync(folder).map((name) => join(folder, name));
  const offline = { GOFLAGS: '-buildvcs=false', GOPROXY: 'off', GOTOOLCHAIN: 'local', GOWORK: 'off', CGO_ENABLED: '0' };
  const env = { ...process.env, ...offline, GOCACHE: goCacheFolder, GOMODCACHE: actionlintCache };
  await run(newerGoPath, ['-C', actionlintFolder, 'tool', 'actionlint', '-no-color', ...files], env);
});
