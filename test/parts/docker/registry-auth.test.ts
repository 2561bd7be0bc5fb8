import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { borrowEngine, dockerParts, startRegistry, type TestEngine } from '../../fixtures/docker/engine.js';
import { importBase, publish } from '../../fixtures/docker/images.js';
import { startTokenService } from '../../fixtures/docker/token-service.js';
import { harness, never } from '../agent/harness.js';
import { call, connectedImage, imageSpec } from './docker-harness.js';

const user = { username: 'fleet', password: 'secret-of-fleet' };
/** The same, as `htpasswd -B` writes it. */
const htpasswd = 'fleet:$2b$04$uiMVSKsLcCpQkoUqnj1mC.XGL3uAT1SXfmglkcgRQ3B6zd.O3bhEa\n';

/** A folder of its own: the test's own folder is emptied whenever a test asks for it. */
function ownFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'rh-auth-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Makes a folder the docker configuration of the agent's user. */
function useConfig(t: Test, config: object): string {
  const folder = ownFolder(t);
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const before = process.env.DOCKER_CONFIG;
  process.env.DOCKER_CONFIG = folder;
  t.teardown(() => {
    if (before === undefined) delete process.env.DOCKER_CONFIG;
    else process.env.DOCKER_CONFIG = before;
  });
  return folder;
}

const auth = Buffer.from(`${user.username}:${user.password}`).toString('base64');

if (dockerParts(t)) {
  const engine = await borrowEngine(t);
  await importBase(engine.docker);
  tests(engine);
}

function tests({ docker }: TestEngine): void {
  t.test('a registry with Basic authentication accepts the credentials of docker login', async (t) => {
    const folder = ownFolder(t);
    writeFileSync(join(folder, 'users'), htpasswd);
    const registry = await startRegistry(t, `{htpasswd: {realm: test, path: '${join(folder, 'users')}'}}`);
    const image = `${registry}/basic/server:1.0.0`;
    await publish(docker, image, { version: '1.0.0' }, { ...user, serveraddress: registry });
    const h = harness(t);
    h.servers.put(imageSpec(image));
    useConfig(t, {});
    const message = /does not let this agent in \(the agent’s user is not logged in there\)/;
    await t.rejects(h.servers.versions.check('s1', never), { name: 'AgentFailure', code: undefined, message });
    await t.rejects(h.servers.connect('s1', never), {
      name: 'AgentFailure',
      code: undefined,
      message: /no basic auth/,
    });
    useConfig(t, { auths: { [registry]: { auth } } });
    t.match(await h.servers.versions.check('s1', never), { latest: '1.0.0' });
    await h.servers.connect('s1', never);
    t.equal(await call(h, 'echo', { text: 'let in' }), 'let in');
    t.notMatch(await h.logText('s1'), /secret-of-fleet/);
  });

  t.test('a registry with a token service accepts a token, for this repository alone', async (t) => {
    const tokens = await startTokenService(t, ownFolder(t), `${user.username}:${user.password}`);
    const registry = await startRegistry(t, tokens.config);
    const image = `${registry}/token/server:1.0.0`;
    await publish(docker, image, { version: '1.0.0' }, { ...user, serveraddress: registry });
    useConfig(t, { auths: { [`http://${registry}/v1/`]: { auth } } });
    const h = await connectedImage(t, imageSpec(image));
    tokens.asked.length = 0;
    t.match(await h.servers.versions.check('s1', never), { latest: '1.0.0', digest: { latest: /^sha256:/ } });
    t.same(tokens.asked, [{ user: 'fleet', scope: 'repository:token/server:pull' }]);
    useConfig(t, {});
    const message = /does not let this agent in/;
    await t.rejects(h.servers.versions.check('s1', never), { name: 'AgentFailure', code: undefined, message });
  });

  t.test('a credential helper is asked for its registry', async (t) => {
    const folder = ownFolder(t);
    writeFileSync(join(folder, 'users'), htpasswd);
    const registry = await startRegistry(t, `{htpasswd: {realm: test, path: '${join(folder, 'users')}'}}`);
    const image = `${registry}/helped/server:1.0.0`;
    await publish(docker, image, { version: '1.0.0' }, { ...user, serveraddress: registry });
    const config = useConfig(t, { credHelpers: { [registry]: 'test' } });
    const bin = join(config, 'bin');
    mkdirSync(bin);
    const answer = JSON.stringify({ ServerURL: registry, Username: user.username, Secret: user.password });
    const script = `#!/bin/sh\nread -r host\n[ "$1 $host" = "get ${registry}" ] && echo '${answer}'\n`;
    writeFileSync(join(bin, 'docker-credential-test'), script);
    chmodSync(join(bin, 'docker-credential-test'), 0o755);
    const path = process.env.PATH;
    process.env.PATH = `${bin}:${path}`;
    t.teardown(() => {
      process.env.PATH = path;
    });
    const h = await connectedImage(t, imageSpec(image));
    t.match(await h.servers.versions.check('s1', never), { latest: '1.0.0' });
  });
}
