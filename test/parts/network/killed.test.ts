import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { ConfigChangeState } from '@roundhouse/proto/agent/v1/device';
import t, { type Test } from 'tap';
import type { PlatformName } from '../../fixtures/devices/options.js';
import { tempFolder } from '../../temp-folder.js';
import type { Order } from './agent-process.js';
import { network, shortcuts, simulated, specOf } from './harness.js';

/** The device starts with this change. The killed change takes it back: another description, one loopback less. */
const merges: Readonly<Record<PlatformName, string>> = {
  cisco_ios: 'interface Loopback9\n description added\nsnmp-server location elsewhere\n',
  cisco_nxos: 'interface loopback9\n  description added\nsnmp-server location elsewhere\n',
  juniper_junos: 'system {\n    domain-name added.example;\n}\n',
};

/** The agent dies the moment the device has got this line. */
const moments: Readonly<Record<PlatformName, readonly RegExp[]>> = {
  cisco_ios: [/^configure replace/, /^configure confirm/, /^write memory/],
  cisco_nxos: [/^checkpoint/, /^rollback running-config file/, /^copy running-config startup-config/],
  juniper_junos: [/^load override/, /^commit confirmed/, /^commit$/],
};

/** An agent in a process of its own. */
function agent(t: Test, dataDir: string, order: Order): ChildProcess {
  // tap's loaders are among the arguments that a fork inherits: the child runs the sources as well.
  const child = fork(new URL('./agent-process.ts', import.meta.url), [dataDir]);
  t.teardown(() => child.kill('SIGKILL'));
  child.send(order);
  return child;
}

for (const platform of ['cisco_ios', 'cisco_nxos', 'juniper_junos'] as const) {
  for (const moment of moments[platform]) {
    t.test(
      `${platform}: kill -9 of the agent at '${moment.source}': the old configuration or the new one`,
      async (t) => {
        const { device, devices, config, apply } = await simulated(t, { platform });
        const wanted = await config();
        const { hashAfter: old } = await apply({ config: merges[platform] });
        await devices.disconnect('d1', 0);

        const dataDir = tempFolder(t);
        const { host: hostname, port, username, password } = device;
        const credentials = { username, password };
        const child = agent(t, dataDir, { platform, hostname, port, credentials, config: wanted.config });
        const gone = once(child, 'exit');
        const said: unknown[] = [];
        child.on('message', (words) => said.push(words));
        device.events.on('command', (line) => {
          if (moment.test(line)) child.kill('SIGKILL');
        });
        await gone;
        t.same([child.signalCode, said], ['SIGKILL', []], 'it was in the middle of it');

        const next = network(t, { dataDir });
        next.devices.put(specOf(device, platform, { onDemand: false }));
        const { change } = await next.devices.inspectChange('d1', 'killed', AbortSignal.timeout(120_000));
        const isNew = change?.state === ConfigChangeState.CONFIRMED;
        t.match(change, { changeId: 'killed', error: '' });
        t.ok(
          isNew || change?.state === ConfigChangeState.REVERTED,
          `known to be ${ConfigChangeState[change?.state ?? 0]}`,
        );
        t.equal(change?.hashAfter, isNew ? wanted.hash : old);
        next.devices.put(specOf(device, platform, { revision: 2n }));
        t.equal((await shortcuts(next.devices).config()).hash, change?.hashAfter, 'and so it is');
        t.equal(/added/.test(device.running()), !isNew);
      },
    );
  }
}
