import t from 'tap';
import { SYSTEM } from '../../hub/domain/audit/audit.js';
import { startDomain } from '../kit/domain.js';
import { json } from '../kit/scripted-site.js';

t.test(
  'a domain that stops is unhealthy at once, serves the last requests, and ends jobs before the agents go',
  async (t) => {
    const hub = await startDomain(t);
    const { cleanup, health } = hub.domain;
    const start = async () =>
      (await cleanup.start(hub.admin, { dryRun: false, targets: ['logs'], retentionDays: 30, force: false })).id;
    let asked = 0;
    hub.fleet.answers.set('cleanup', () => {
      asked += 1;
      return json({ targets: [] });
    });
    t.equal(health.report().status, 'healthy');
    let late = '';
    await hub.domain.stop({
      closeApis: async () => {
        t.equal(health.report().status, 'unhealthy');
        t.equal(
          (await hub.over(await start())).status,
          'completed',
          'a job of the last request still reaches the agent',
        );
      },
      closeFleet: async () => {
        t.equal(asked, 1);
        late = await start();
        // A job that runs writes its start before it asks the agent: these writes come after.
        for (let n = 0; n < 10; n++)
          await hub.domain.keys.create(SYSTEM, { name: `k${n}`, role: 'viewer', tier: 'enterprise' });
      },
    });
    t.equal(asked, 1, 'a job that begins later waits for the next start of the hub');
    await hub.restart();
    await hub.over(late);
    t.equal(asked, 2);
  },
);
