import { createHash } from 'node:crypto';
import t, { type Test } from 'tap';
import type { Answer, Operation, OperationContext } from '../../../agent/operations/operation.js';
import type { CommandOptions, Operation as HubOperation } from '../../../hub/domain/agents/fleet.js';
import { type LinkProxy, startLinkProxy } from '../../fixtures/link-proxy.js';
import { wait } from '../../kit/wait.js';
import { callTool, type Hub, read, startAgent, startHub, table } from './rig.js';

const kinds: Record<string, CommandOptions> = {
  once: { kind: 'once', timeoutMs: 60_000 },
  journalled: { kind: 'once', timeoutMs: 60_000, journal: 'step-1' },
  idempotent: { kind: 'idempotent', timeoutMs: 60_000 },
  read: { kind: 'read', timeoutMs: 60_000 },
};

/** A tool that counts its runs, and stops at each point until the test lets it go on. */
function counter() {
  const at = { start: gate(), effect: gate() };
  let runs = 0;
  let contexts: OperationContext[] = [];
  const run = async (_: unknown, context: OperationContext): Promise<Answer> => {
    contexts = [...contexts, context];
    await at.start.pass();
    runs++;
    await at.effect.pass();
    return { case: 'json', value: Buffer.from(JSON.stringify({ runs })) };
  };
  const operations = table({ name: 'callTool', run } as Operation<'callTool'> as never);
  return { at, operations, runs: () => runs, contexts: () => contexts };
}

/** A place where the tool can be held up. */
function gate() {
  let shut = false;
  let open = (): void => {};
  let reached = (): void => {};
  const arrival = new Promise<void>((resolve) => {
    reached = resolve;
  });
  return {
    /** Resolves when the tool has reached the place. */
    arrival,
    shut: () => {
      shut = true;
    },
    open: () => {
      shut = false;
      open();
    },
    async pass() {
      reached();
      if (!shut) return;
      await new Promise<void>((resolve) => {
        open = resolve;
      });
    },
  };
}

/** Where the link is cut, and how the test gets there. */
type Cut = (proxy: LinkProxy, tool: ReturnType<typeof counter>, call: () => void, hub: Hub) => Promise<void>;
const cuts: Record<string, Cut> = {
  async 'before send'(proxy, _, call, hub) {
    proxy.cut({ refuse: true });
    await wait('the hub has no agent', () => hub.fleet.stats().agents === 0);
    call();
  },
  async 'after send'(proxy, _, call) {
    proxy.hold('toAgent');
    call();
    await wait('bytes for the agent are held back', () => proxy.held.toAgent > 0);
    proxy.cut({ refuse: true });
    proxy.release('toAgent');
  },
  async 'after start'(proxy, { at }, call) {
    at.start.shut();
    call();
    await at.start.arrival;
    proxy.cut({ refuse: true });
    await wait('no connection is open', () => proxy.open === 0);
    at.start.open();
  },
  async 'after the effect'(proxy, { at }, call) {
    at.effect.shut();
    call();
    await at.effect.arrival;
    proxy.cut({ refuse: true });
    await wait('no connection is open', () => proxy.open === 0);
    at.effect.open();
  },
  async 'after the effect, with its end only after the return'(proxy, { at }, call) {
    at.effect.shut();
    call();
    await at.effect.arrival;
    proxy.cut();
    setTimeout(() => at.effect.open(), 600);
  },
  async 'after the result was sent'(proxy, { at }, call) {
    proxy.hold('toHub');
    at.effect.shut();
    call();
    await at.effect.arrival;
    const { toHub } = proxy.held;
    at.effect.open();
    await wait('bytes for the hub are held back', () => proxy.held.toHub > toHub);
    proxy.cut({ refuse: true });
    proxy.release('toHub');
  },
};

/** A hub with long time limits, for slow machines, a link that the test can cut, and an agent. */
async function wired(t: Test, tool: ReturnType<typeof counter>, settings = {}) {
  const hub = await startHub(t, { settings: { closedGraceMs: 60_000, ...settings } });
  const proxy = await startLinkProxy(t, hub.address);
  const agent = await startAgent(t, hub, { operations: tool.operations, address: proxy.address });
  return { hub, proxy, agent };
}

for (const [kind, options] of Object.entries(kinds)) {
  for (const [point, cut] of Object.entries(cuts)) {
    t.test(`${kind}: a link that is cut ${point} delays the caller, and the tool runs once`, async (t) => {
      const tool = counter();
      const { hub, proxy, agent } = await wired(t, tool);
      let answer: Promise<unknown> = Promise.resolve();
      await cut(
        proxy,
        tool,
        () => {
          answer = hub.fleet.execute(agent.id, callTool('x'), options);
          answer.catch(() => {});
        },
        hub,
      );
      setTimeout(() => proxy.accept(), 100);
      const { value } = (await answer) as { value: Uint8Array };
      t.same(JSON.parse(Buffer.from(value).toString()), { runs: 1 });
      t.equal(tool.runs(), 1);
      t.same(hub.domain.told, ['connect', 'connect'], 'the domain hears of no loss');
      t.match(hub.fleet.stats(), { pending: 0, foreignResults: 0, lateResults: 0 });
    });
  }
}

t.test('an agent that does not come back in time: its callers get the true outcome', async (t) => {
  const expected = {
    'before send': { outcome: 'not_run', ran: 0 },
    'after send': { outcome: 'unknown', ran: 0 },
    'after start': { outcome: 'unknown', ran: 1 },
    'after the effect': { outcome: 'unknown', ran: 1 },
    'after the result was sent': { outcome: 'unknown', ran: 1 },
  };
  for (const [point, { outcome, ran }] of Object.entries(expected)) {
    const tool = counter();
    const { hub, proxy, agent } = await wired(t, tool, { closedGraceMs: 300 });
    let answer: Promise<unknown> = Promise.resolve();
    await cuts[point]?.(
      proxy,
      tool,
      () => {
        answer = hub.fleet.execute(agent.id, callTool('x'), { kind: 'once', timeoutMs: 60_000 });
        answer.catch(() => {});
      },
      hub,
    );
    await t.rejects(answer, { code: 'agent_unreachable', details: { outcome } }, point);
    t.equal(tool.runs(), ran, point);
    t.same(hub.domain.told, ['connect', 'disconnect']);
  }
});

t.test('a late answer reaches no caller, and is no violation', async (t) => {
  const tool = counter();
  const { hub, proxy, agent } = await wired(t, tool, { closedGraceMs: 100 });
  tool.at.effect.shut();
  const answer = hub.fleet.execute(agent.id, callTool('x'), { kind: 'once', timeoutMs: 60_000 });
  const failed = t.rejects(answer, { code: 'agent_unreachable' });
  await tool.at.effect.arrival;
  proxy.cut({ refuse: true });
  await failed;
  proxy.accept();
  await wait('the agent is back', () => hub.fleet.stats().agents === 1);
  tool.at.effect.open();
  const next = await hub.fleet.execute(agent.id, callTool('x'), { kind: 'once', timeoutMs: 60_000 });
  t.same(JSON.parse(Buffer.from(next.value as Uint8Array).toString()), { runs: 2 });
  t.match(hub.fleet.stats(), { violations: 0, foreignResults: 0 });
});

t.test('a caller who gives up while the link is down cancels the command when it is back', async (t) => {
  const tool = counter();
  const { hub, proxy, agent } = await wired(t, tool);
  tool.at.effect.shut();
  const caller = new AbortController();
  const options: CommandOptions = { kind: 'once', timeoutMs: 60_000, signal: caller.signal };
  const answer = t.rejects(hub.fleet.execute(agent.id, callTool('x'), options), { code: 'cancelled' });
  await tool.at.effect.arrival;
  proxy.cut({ refuse: true });
  await wait('the hub has no agent', () => hub.fleet.stats().agents === 0);
  caller.abort();
  await answer;
  proxy.accept();
  await wait('the call is cancelled at the agent', () => tool.contexts()[0]?.signal.aborted === true);
  t.match(tool.contexts()[0]?.signal.reason, { kind: 'cancelled' });
});

t.test('the deadline holds while the link is down', async (t) => {
  const tool = counter();
  const { hub, proxy, agent } = await wired(t, tool, { deadlineSlackMs: 50 });
  proxy.cut({ refuse: true });
  await wait('the hub has no agent', () => hub.fleet.stats().agents === 0);
  const answer = hub.fleet.execute(agent.id, callTool('x'), { kind: 'once', timeoutMs: 200 });
  await t.rejects(answer, { code: 'timeout', details: { outcome: 'not_run' } });
});

t.test('the number of commands that wait for an absent agent is bounded', async (t) => {
  const tool = counter();
  const { hub, proxy, agent } = await wired(t, tool, { maxWaiting: 3 });
  proxy.cut({ refuse: true });
  await wait('the hub has no agent', () => hub.fleet.stats().agents === 0);
  const calls = Array.from({ length: 4 }, () => hub.fleet.execute(agent.id, callTool('x'), read));
  await t.rejects(Promise.resolve(calls[3]), { code: 'unavailable', details: { outcome: 'not_run' } });
  proxy.accept();
  t.equal((await Promise.all(calls.slice(0, 3))).length, 3);
});

t.test('a thousand answers at once, and a link that is cut again and again: each caller gets its own', async (t) => {
  const hub = await startHub(t, { settings: { closedGraceMs: 60_000 } });
  const proxy = await startLinkProxy(t, hub.address);
  const seen = new Map<string, number>();
  const run: Extract<Operation<'callTool'>, { run: unknown }>['run'] = async ({ tool }) => {
    seen.set(tool, (seen.get(tool) ?? 0) + 1);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 90));
    return { case: 'json', value: Buffer.from(`"${tool}${'.'.repeat(500)}"`) };
  };
  const operations = table({ name: 'callTool', run } as Operation<'callTool'> as never);
  const agent = await startAgent(t, hub, { operations, address: proxy.address });
  const cutting = setInterval(() => proxy.cut(), 150);
  t.teardown(() => clearInterval(cutting));
  const options: CommandOptions = { kind: 'once', timeoutMs: 120_000 };
  const calls: Promise<void>[] = [];
  for (let n = 0; n < 1000; n++) {
    const call = hub.fleet.execute(agent.id, callTool(`tool-${n}`), options).then(({ value }) => {
      if (
        !Buffer.from(value as Uint8Array)
          .toString()
          .startsWith(`"tool-${n}.`)
      )
        t.fail(`not the answer of ${n}`);
    });
    calls.push(call);
    if (n % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 30));
    if (n === 999) setTimeout(() => clearInterval(cutting), 500);
  }
  await Promise.all(calls);
  t.equal(seen.size, 1000);
  t.same(
    [...seen.values()].filter((runs) => runs !== 1),
    [],
    'none ran twice',
  );
  t.ok(hub.fleet.stats().resumptions > 0);
});

t.test('a large result and a stream go on where they stopped', async (t) => {
  const hub = await startHub(t, { settings: { closedGraceMs: 60_000, silentGraceMs: 60_000 } });
  const proxy = await startLinkProxy(t, hub.address);
  const block = Buffer.alloc(64 * 1024);
  const sent = createHash('sha256');
  const operations = table(
    {
      name: 'readLog',
      async transfer(_: unknown, __: unknown, output: { write(chunk: Uint8Array): Promise<void> }) {
        for (let n = 0; n < 320; n++) {
          block.fill(n % 251);
          sent.update(block);
          await output.write(block);
        }
      },
    } as never,
    {
      name: 'callTool',
      run: () => ({ case: 'json', value: Buffer.from(JSON.stringify('x'.repeat(8 * 1024 * 1024))) }),
    } as never,
  );
  const agent = await startAgent(t, hub, { operations, address: proxy.address });
  proxy.bytesPerSecond = 40 * 1024 * 1024;
  const readLog: HubOperation = { case: 'readLog', value: { serverId: 's', lines: 0, sinceMs: 0, follow: false } };
  const stream = await hub.fleet.open(agent.id, readLog, { kind: 'read', timeoutMs: 240_000 });
  const large = hub.fleet.execute(agent.id, callTool('x'), { kind: 'once', timeoutMs: 240_000 });
  const got = createHash('sha256');
  let [received, cut] = [0, 0];
  for await (const chunk of stream) {
    got.update(chunk);
    received += chunk.length;
    if (received > (cut + 1) * 4 * 1024 * 1024) {
      cut++;
      proxy.cut();
    }
  }
  t.ok(cut >= 4, `cut ${cut} times`);
  t.equal(received, 320 * block.length, 'nothing is missing, nothing comes twice');
  t.equal(got.digest('hex'), sent.digest('hex'));
  t.equal(((await large).value as Uint8Array).length, 8 * 1024 * 1024 + 2);
});

t.test('commands under one name run once, for any number of callers, and over restarts of both sides', async (t) => {
  const tool = counter();
  const hub = await startHub(t);
  const options: CommandOptions = { kind: 'once', timeoutMs: 60_000, journal: 'job-7/step-2' };
  const agent = await startAgent(t, hub, { operations: tool.operations });
  const ask = (id: string) => hub.fleet.execute(id, callTool('x'), options);
  const [first, second] = await Promise.all([ask(agent.id), ask(agent.id)]);
  t.same(first, second, 'requests at the same time get the same answer');
  await agent.link.close({ graceMs: 0 });
  await wait('the hub has given the agent up', () => hub.fleet.agents().length === 0);
  const again = await startAgent(t, hub, {
    operations: tool.operations,
    dataDir: agent.dataDir,
    journal: agent.journal,
  });
  t.same(await ask(again.id), first, 'and so do requests after a restart');
  t.equal(tool.runs(), 1);
});
