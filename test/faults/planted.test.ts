import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { wait } from '../kit/wait.js';
import { startAgent, startHub } from '../roundhouse.js';
import { fixedAddresses, ledger } from '../stream/ledger.js';
import { tempFolder } from '../temp-folder.js';
import { contradictions, kinds, Load, makeWorkflow, working } from './load.js';
import { Model } from './model.js';
import { chance, seed } from './seed.js';

t.test(
  'a store that goes back to an older copy is reported as a loss: the check finds what it looks for',
  async (t) => {
    const [data, env] = [tempFolder(t), await fixedAddresses()];
    const [model, book] = [new Model(), ledger(data)];
    let hub = await startHub(t, { data, env });
    await startAgent(t, hub);
    await hub.connectServer(book.server);
    await makeWorkflow(hub);
    await working(hub, model, 'before');
    await hub.stop();
    const files = readdirSync(data).filter((name) => name.startsWith('store'));
    const older = tempFolder(t);
    for (const name of files) copyFileSync(join(data, name), join(older, name));
    hub = await startHub(t, { data, env });
    await working(hub, model, 'between');
    const load = new Load(hub, model, 'x', chance(seed + 2));
    await wait(
      'things were made',
      () => kinds.every(({ name }) => model.there(name).length > 1) && model.runs.size > 0,
    );
    await load.stop();
    await hub.stop();
    for (const name of files) copyFileSync(join(older, name), join(data, name));
    hub = await startHub(t, { data, env });
    const wrong = await contradictions(hub, model, book.calls);
    const lost = kinds.flatMap(({ name }) => model.there(name)).length + model.runs.size;
    t.equal(wrong.filter((text) => text.startsWith('lost: ')).length, lost);
    t.equal(wrong.length, lost, 'and nothing else');

    const [one, two] = book.calls();
    const told = (effects: readonly string[]) => model.wrongCalls(effects).map((text) => text.split(':')[0]);
    t.same(told(book.calls()), []);
    t.same(told([...book.calls(), String(one)]), ['ran 2 times'], 'an effect that is doubled');
    t.same(told(book.calls().filter((id) => id !== two)), ['answered, and did not run'], 'a process that is gone');
    t.same(told([...book.calls(), 'forged']), ['ran without being asked for'], 'a call without a request');
  },
);
