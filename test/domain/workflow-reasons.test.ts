import t from 'tap';
import { DomainError } from '../../hub/domain/errors.js';
import type { StepDefinition } from '../../hub/domain/workflows/definition.js';
import { begin, startDomain, type TestDomain } from '../kit/domain.js';
import { writing } from '../kit/scripted-site.js';
import { wait } from '../kit/wait.js';

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: expressions of workflows

const SECRET = 'salary 91000';

/** A hub whose tool `lookup` fails as given. */
async function failing(t: Parameters<typeof startDomain>[0], details: Record<string, unknown> = {}) {
  const hub = await startDomain(t);
  const lookup = writing(() => {
    throw new DomainError(details.outcome ? 'timeout' : 'upstream_failed', `the server says: ${SECRET}`, details);
  });
  const { server } = await hub.connect('crm', { lookup });
  return { hub, server };
}

const call: StepDefinition = { id: 'call', kind: 'tool_call', with: { tool: 'lookup', server: 'crm' } };

/** The reason of a step of a run, and the error of the run, as a caller reads them. */
async function read(hub: TestDomain, role: 'viewer' | 'operator', id: string, step: string) {
  const run = hub.domain.workflows.get(await hub.caller(role), id).job;
  return { reason: run.steps.find(({ name }) => name === step)?.reason, error: run.error?.message };
}

t.test('the error of a step is for callers who may read its result, and no event holds it', async (t) => {
  const { hub } = await failing(t);
  const id = await begin(hub, [call]);
  await hub.over(id);
  const fixed = "step 'call' failed (upstream_failed)";
  t.same(await read(hub, 'viewer', id, 'call'), { reason: fixed, error: fixed });
  const whole = `${fixed}: the server says: ${SECRET}`;
  t.same(await read(hub, 'operator', id, 'call'), { reason: whole, error: whole });
  t.match((await hub.events('job.failed')).at(-1)?.data, { error: fixed });
  t.notMatch(JSON.stringify(await hub.events('')), SECRET, 'events are for everyone');
});

t.test('the words of a decision, and the question, are for callers who may read the step', async (t) => {
  for (const [decision, fixed, words] of [
    ['skip', 'skipped by a person', "decided by 'admin': seen: the server says"],
    ['fail', "step 'call' failed (timeout)", "(failed by 'admin': seen)"],
  ] as const) {
    const { hub } = await failing(t, { outcome: 'unknown' });
    const id = await begin(hub, [{ ...call, once: true }]);
    const { workflows } = hub.domain;
    await wait('the step waits for a person', () => workflows.get(hub.admin, id).job.steps[0]?.asks);
    await workflows.decide(hub.admin, id, { step: 'call', decision, comment: 'seen' });
    await hub.over(id);
    t.equal((await read(hub, 'viewer', id, 'call')).reason, fixed, decision);
    const { reason = '' } = await read(hub, 'operator', id, 'call');
    t.ok(reason.startsWith(fixed) && reason.includes(words) && reason.includes(SECRET), `${decision}: ${reason}`);
    t.notMatch(JSON.stringify(await hub.events('')), SECRET, 'events are for everyone');
  }
});

t.test('a step that takes the value of a parameter is for callers who may read the parameters', async (t) => {
  const { hub } = await failing(t);
  const parameters = { server: { type: 'string', default: '' } } as const;
  const sweep: StepDefinition = {
    ...{ id: 'sweep', kind: 'health_sweep', on_error: 'continue' },
    with: { servers: ['${server}'] },
  };
  const steps = [sweep, { ...call, on_error: 'continue' } as const];
  await hub.domain.workflows.catalog.add(hub.admin, { name: 'both', description: '', parameters, steps });
  const seen = async (server: string, role: 'viewer' | 'operator') => {
    const { job } = await hub.domain.workflows.execute(hub.admin, { workflow: 'both', parameters: { server } });
    await hub.over(job.id);
    return JSON.stringify(hub.domain.workflows.get(await hub.caller(role), job.id).job.steps);
  };
  for (const server of ['no-such-server', 'crm']) {
    t.notMatch(await seen(server, 'viewer'), server);
    t.match(await seen(server, 'operator'), server);
  }
});
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: expressions of workflows
