import type { Test } from 'tap';
import { Docker } from '../../../agent/drivers/docker/docker.js';
import { DockerHost } from '../../../agent/drivers/docker/host/docker-host.js';
import type { ExecRequest } from '../../../agent/drivers/docker/host/exec.js';
import type { RunRequest } from '../../../agent/drivers/docker/host/run.js';
import type { PolicyRules } from '../../../agent/policy/parse.js';
import { Policy } from '../../../agent/policy/policy.js';
import type { TestEngine } from '../../fixtures/docker/engine.js';
import { tempFolder } from '../../temp-folder.js';
import { silentLog } from '../agent/harness.js';

/** The image of the tests. */
export const image = 'box:1';
export const never = new AbortController().signal;

/** Docker hosts over a test's engine. */
export function hostsOf(engine: TestEngine) {
  /** A host under a site policy. */
  const host = (t: Test, rules: PolicyRules = {}): DockerHost => {
    const docker = new Docker({ dataDir: tempFolder(t), log: silentLog, host: engine.host });
    const policy = new Policy(rules);
    const made = new DockerHost(docker, () => policy);
    t.teardown(() => made.close());
    return made;
  };
  /** A container that stays until the test ends. */
  const running = async (t: Test, docker: DockerHost, more: Partial<RunRequest> = {}) => {
    const made = await docker.run(runRequest({ command: ['sleep', '1000'], ...more }), () => {}, never);
    t.teardown(() =>
      engine.docker
        .getContainer(made.id)
        .remove({ force: true })
        .catch(() => {}),
    );
    return made;
  };
  return { host, running };
}

/** A request for a container without a network: the test's engine has none. */
export function runRequest(more: Partial<RunRequest>): RunRequest {
  const texts = {
    name: '',
    entrypoint: '',
    network: 'none',
    user: '',
    workdir: '',
    restart: '',
    memory: '',
    cpus: '',
    pull: '',
  };
  const lists = { command: [], ports: [], volumes: [], env: {}, labels: {} };
  return { image, ...texts, ...lists, init: false, readOnly: false, autoRemove: false, ...more };
}

export function execRequest(more: Partial<ExecRequest>): ExecRequest {
  const nothing = { env: {}, user: '', workdir: '', stdin: undefined, timeoutMs: 0, maxOutputBytes: 0 };
  return { container: '', command: [], ...nothing, ...more };
}
