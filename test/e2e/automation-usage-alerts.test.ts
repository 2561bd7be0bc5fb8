import { once } from 'node:events';
import { statfsSync } from 'node:fs';
import { get } from 'node:https';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { until } from '../automation.js';
import { makeCertificate } from '../kit/certificate.js';
import { wait } from '../kit/wait.js';
import { ADMIN_KEY, fixture, type Hub, startAgent, startHub } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';

interface Alert {
  readonly rule: string;
  readonly server: string | null;
  readonly site: string | null;
  readonly title: string;
  readonly description: string;
}

/** Resolves once an alert fits. */
async function alert(hub: Hub, fits: (alert: Alert) => boolean): Promise<Alert> {
  return wait('an alert fits', async () => {
    const { body } = await hub.call('GET', '/api/v1/alerts');
    return body.data.alerts.find(fits) as Alert | undefined;
  });
}

/** Resolves once no alert is active. */
async function quiet(hub: Hub): Promise<void> {
  await until(hub, '/api/v1/alerts', ({ data }) => data.total === 0);
}

/** Resolves with the alerts about certificates once they fit; over HTTPS, with a certificate of the test's own. */
async function certificateAlerts(hub: Hub, fits: (alerts: Alert[]) => boolean): Promise<Alert[]> {
  const url = new URL('/api/v1/alerts', hub.url.replace('http:', 'https:'));
  return wait('the alerts about certificates fit', async () => {
    const headers = { Authorization: `Bearer ${ADMIN_KEY}` };
    const [response] = await once(get(url, { headers, rejectUnauthorized: false }), 'response');
    const { data } = JSON.parse(await text(response));
    const alerts: Alert[] = data.alerts.filter(({ rule }: Alert) => rule === 'certificate_expiring');
    return fits(alerts) && alerts;
  });
}

async function rules(t: Test, hub: Hub, ...changes: object[]): Promise<void> {
  const { status, body } = await hub.call('PUT', '/api/v1/alerts/rules', { rules: changes });
  t.equal(status, 200, JSON.stringify(body));
}

t.test('memory and disk of hub, site and server: raised over their thresholds, resolved below', async (t) => {
  const hub = await startHub(t);
  await rules(
    t,
    hub,
    { rule: 'server_memory', threshold: 0.001, clear_threshold: 0.0005 },
    { rule: 'site_memory', enabled: true, threshold: 0.01, clear_threshold: 0.005 },
    { rule: 'site_disk', enabled: true, threshold: 0.01, clear_threshold: 0.005 },
  );
  const mebibytes = Math.max(256, Math.ceil((totalmem() / 1024 ** 2) * 0.002));
  const transport = { type: 'stdio', command: process.execPath, args: [fixture('hungry'), `${mebibytes}`] };
  const { blocks, bfree, bavail } = statfsSync(hub.data);
  // A lower threshold than that of 0.01 cannot be set: a file system that is emptier raises no alert.
  const hasAlert = (blocks - bfree) / (blocks - bfree + bavail) > 0.012;
  if (!hasAlert) t.comment('site_disk is left out: the file system is too empty');
  const agent = await startAgent(t, hub);
  await hub.connectServer({ name: 'hungry', transport });
  for (const rule of hasAlert ? ['site_memory', 'site_disk'] : ['site_memory']) {
    const atHub = await alert(hub, (one) => one.rule === rule && one.site === null);
    t.match(atHub, { server: null, description: /'the hub'/ });
    t.match(await alert(hub, (one) => one.rule === rule && one.site === 'local'), { server: null });
  }
  // The server was connected after its agent: the second measurement finds it.
  const memory = await alert(hub, ({ rule }) => rule === 'server_memory');
  t.match(memory, {
    server: 'hungry',
    title: 'High memory usage',
    description: /'hungry' uses \d+\.\d % of its site's/,
  });
  const high = { threshold: 1, clear_threshold: 0.99 };
  await rules(t, hub, ...['server_memory', 'site_memory', 'site_disk'].map((rule) => ({ rule, ...high })));
  await quiet(hub);
  t.pass('resolved by themselves');
  await agent.stop();
});

t.test("the hub's own certificate: an alert before it expires, gone once it is renewed", async (t) => {
  const folder = tempFolder(t);
  const { cert, key } = makeCertificate(folder, 3);
  const hub = await startHub(t, {
    data: join(folder, 'data'),
    env: { ROUNDHOUSE_TLS_CERT: cert, ROUNDHOUSE_TLS_KEY: key },
  });
  const [found] = await certificateAlerts(hub, (alerts) => alerts.length > 0);
  t.match(found, { site: null, description: /certificate of the hub's HTTPS expires in [23]\.\d days/ });
  makeCertificate(folder, 90);
  t.same(await certificateAlerts(hub, (alerts) => alerts.length === 0), [], 'the file is read again');
});
