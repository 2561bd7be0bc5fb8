import t from 'tap';
import { wait } from '../kit/wait.js';
import { runHubProcess, startAgent, startHubProcess } from '../roundhouse.js';
import { fixedAddresses, ledger } from '../stream/ledger.js';
import { tempFolder } from '../temp-folder.js';
import { contradictions, Load, makeWorkflow, working } from './load.js';
import { Model } from './model.js';
import { chance, rounds, seed } from './seed.js';

t.comment(`seed ${seed}, ${rounds} kills`);

t.test(
  `the hub is killed ${rounds} times under load: nothing that it acknowledged is lost or done twice`,
  async (t) => {
    const [data, env, random] = [tempFolder(t), await fixedAddresses(), chance(seed)];
    const [model, book] = [new Model(), ledger(data)];
    let hub = await startHubProcess(t, { data, env });
    await startAgent(t, hub);
    await hub.connectServer(book.server);
    await makeWorkflow(hub);
    for (let round = 1; round <= rounds; round++) {
      await working(hub, model, `h${round}`);
      const load = new Load(hub, model, `h${round}`, random);
      const enough = 20 + random() * 60;
      await wait('there is load', () => load.answers > enough);
      await hub.stop('SIGKILL');
      await load.stop();
      if (random() < 0.25) {
        const starting = runHubProcess(t, { data, env });
        await starting.logged(() => true);
        await starting.stop('SIGKILL');
      }
      hub = await startHubProcess(t, { data, env });
      t.same(await contradictions(hub, model, book.calls), [], `round ${round} of seed ${seed}`);
    }
    await working(hub, model, 'end');
    t.ok((model.counts.doneCalls ?? 0) > rounds * 10, JSON.stringify(model.counts));
  },
);
