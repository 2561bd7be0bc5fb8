import t, { type Test } from 'tap';
import type { ConnectedAgent, ObservedState, Operation, Reply } from '../../../hub/domain/agents/fleet.js';
import { ObservedServers } from '../../../hub/domain/servers/observed.js';
import { Readiness } from '../../../hub/domain/servers/readiness.js';
import type { ServerRecord } from '../../../hub/domain/servers/record.js';
import { json, ScriptedFleet } from '../scripted-fleet.js';

const agent = { id: 'a1', name: 'a1', site: 'local', operations: [] } as unknown as ConnectedAgent;
const server = { id: 's1', name: 's', agentId: 'a1', enabled: true, wanted: true } as unknown as ServerRecord;

/** An agent whose server connects when the test says so. */
class Agent extends ScriptedFleet {
  connect: () => void = () => {};
  override before = (operation: Operation) =>
    operation.case === 'connectServer'
      ? new Promise<void>((resolve) => {
          this.connect = resolve;
        })
      : undefined;

  protected answer(): Reply {
    return json(null);
  }
}

function watched(t: Test) {
  const { now } = performance;
  let passed = 0;
  performance.now = () => now.call(performance) + passed;
  t.teardown(() => {
    performance.now = now;
  });
  const observed = new ObservedServers();
  const fleet = new Agent(agent);
  const registry = { byId: () => server };
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const readiness = new Readiness({ registry, observed, fleet: () => fleet, onError });
  const report = (state: ObservedState, nextAttemptMs = 0) => {
    const rest = { error: '', tools: [], pid: 0, attempt: 0, version: '', connectTimeMs: 0 };
    const initializeResult = new Uint8Array();
    observed.report('a1', { serverId: 's1', revision: 1, state, initializeResult, nextAttemptMs, ...rest });
  };
  const pass = (ms: number) => {
    passed += ms;
  };
  const tries = () => fleet.asked.filter((operation) => operation.case === 'connectServer').length;
  return { readiness, report, pass, tries, fleet, errors };
}

t.test('a call waits for a server that is being connected', async (t) => {
  const { readiness, report, tries } = watched(t);
  report('connecting');
  const ready = readiness.of('s1');
  report('connected');
  t.ok(await ready);
  report('connecting');
  const failing = readiness.of('s1');
  report('error');
  t.notOk(await failing, 'and hears at once that it failed');
  t.equal(tries(), 0);
});

t.test('a call makes a server try now whose next attempt lies ahead, once a second at most', async (t) => {
  const { readiness, report, pass, tries, fleet } = watched(t);
  report('error', Date.now() + 60_000);
  t.notOk(await readiness.of('s1'), 'it has failed this very moment');
  pass(1000);
  const calls = [readiness.of('s1'), readiness.of('s1')];
  t.equal(tries(), 1, 'one attempt for all calls');
  report('connecting');
  report('connected');
  fleet.connect();
  t.same(await Promise.all(calls), [true, true]);
});

t.test('a call does not wait for, or start, a server that the agent does not try again by itself', async (t) => {
  const { readiness, report, pass, tries } = watched(t);
  report('error');
  pass(60_000);
  t.notOk(await readiness.of('s1'));
  report('disconnected');
  t.notOk(await readiness.of('s1'));
  t.equal(tries(), 0);
});

t.test('an unexpected failure of an attempt is reported, and ends nothing', async (t) => {
  const { readiness, report, pass, fleet, errors } = watched(t);
  report('error', Date.now() + 60_000);
  pass(1000);
  const fault = new RangeError('Maximum call stack size exceeded');
  fleet.before = () => Promise.reject(fault);
  t.notOk(await readiness.of('s1'));
  t.same(errors, [fault]);
});

t.test('a cancelled call stops waiting', async (t) => {
  const { readiness, report } = watched(t);
  report('connecting');
  const leave = new AbortController();
  const ready = readiness.of('s1', leave.signal);
  leave.abort();
  t.notOk(await ready);
});
