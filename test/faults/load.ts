import { wait } from '../kit/wait.js';
import type { Answer, Hub } from '../roundhouse.js';
import { note } from '../stream/ledger.js';
import type { Model, Outcome } from './model.js';

/** How a kind of thing is made, deleted and listed. */
interface Kind {
  readonly name: string;
  make(hub: Hub, name: string): Promise<Answer>;
  /** Where the thing with an id is deleted. */
  path(id: string): string;
  /** The names that the hub knows, and their ids. */
  list(hub: Hub): Promise<Map<string, string>>;
}

interface Item {
  readonly id: string;
  readonly name: string;
  readonly url: string;
}

async function listed(hub: Hub, path: string, nameOf = ({ name }: Item) => name): Promise<Map<string, string>> {
  const { status, body } = await hub.call('GET', path);
  if (status !== 200) throw new Error(`${path}: ${status}`);
  return new Map(body.data.map((item: Item) => [nameOf(item), item.id]));
}

const WEBHOOK = 'http://127.0.0.1:9/';
const transport = { type: 'http', url: 'http://127.0.0.1:9/mcp' };

export const kinds: readonly Kind[] = [
  {
    name: 'group',
    make: (hub, name) => hub.call('POST', '/connect/api/groups', { name }),
    path: (id) => `/connect/api/groups/${id}`,
    list: (hub) => listed(hub, '/connect/api/groups'),
  },
  {
    name: 'server',
    make: (hub, name) => hub.call('POST', '/connect/api/servers', { name, transport }),
    path: (id) => `/connect/api/servers/${id}`,
    list: (hub) => listed(hub, '/connect/api/servers'),
  },
  {
    name: 'key',
    make: (hub, name) => hub.call('POST', '/connect/api/keys', { name, role: 'viewer' }),
    path: (id) => `/connect/api/keys/${id}`,
    list: (hub) => listed(hub, '/connect/api/keys'),
  },
  {
    name: 'webhook',
    make: (hub, name) =>
      hub.call('POST', '/connect/api/webhooks', { url: WEBHOOK + name, events: ['server.connected'], enabled: false }),
    path: (id) => `/connect/api/webhooks/${id}`,
    list: (hub) => listed(hub, '/connect/api/webhooks', ({ url }) => url.slice(WEBHOOK.length)),
  },
];

const WORKFLOWS = '/automation/api/v1/orchestration/workflows';
const RUN = 'two_notes';

/** Makes the workflow of the load's runs: two calls of the ledger's tool. */
export async function makeWorkflow(hub: Hub): Promise<void> {
  const names = ['first', 'second'];
  const made = await hub.call('POST', WORKFLOWS, {
    name: RUN,
    description: '',
    parameters: Object.fromEntries(names.map((name) => [name, { type: 'string', default: '' }])),
    steps: names.map((name) => ({
      name,
      kind: 'tool_call',
      with: { server: 'ledger', tool: 'note', arguments: { id: `\${${name}}`, ms: 5 } },
    })),
  });
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
}

/** Waits until each acknowledged run is over. The model learns from its steps about their calls. Gives the runs that are gone. */
async function runsOver(hub: Hub, model: Model): Promise<string[]> {
  const lost: string[] = [];
  for (const [id, calls] of model.runs) {
    const { status, run } = await wait(`run ${id} is over`, async () => {
      const { status, body } = await hub.call('GET', `${WORKFLOWS}/${id}`);
      const isOver = status === 404 || ['completed', 'failed'].includes(body.data?.status);
      return isOver && { status, run: body.data };
    });
    if (status === 404) {
      lost.push(`lost: run ${id}`);
      continue;
    }
    for (const [at, call] of calls.entries()) {
      const { status, reason } = run.steps[at];
      const isUnknown = status === 'failed' && /it is not known/.test(reason);
      model.called(call, status === 'completed' ? 'done' : isUnknown ? 'unknown' : 'not done');
    }
    model.runs.delete(id);
  }
  return lost;
}

/** The outcome in an answer to a change; a hub that is gone gives no answer. */
async function outcomeOf(answer: Promise<Answer>): Promise<Outcome> {
  const status = await answer.then(
    ({ status }) => status,
    () => 0,
  );
  if (status === 0) return 'unknown';
  return status < 300 ? 'done' : 'not done';
}

/** Makes and deletes things and calls tools until it is told to stop; keeps the hub's answers in the model. */
export class Load {
  /** Answers so far. */
  answers = 0;
  #stopped = false;
  #count = 0;
  readonly #workers: Promise<void>[];

  /** @param prefix of every name @param chance a number from 0 to 1 */
  constructor(
    private readonly hub: Hub,
    private readonly model: Model,
    private readonly prefix: string,
    private readonly chance: () => number,
    workers = 8,
  ) {
    this.#workers = Array.from({ length: workers }, () => this.#work());
  }

  /** Begins nothing more; resolves once everything is answered, or never will be. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#workers);
  }

  async #work(): Promise<void> {
    while (!this.#stopped) {
      const name = `${this.prefix}-${this.#count++}`;
      const kind = this.chance();
      if (kind < 0.55) await this.#call(name);
      else if (kind < 0.65) await this.#run(name);
      else await this.#change(name);
      this.answers += 1;
    }
  }

  async #call(id: string): Promise<void> {
    const { status, body } = await note(this.hub, id, Math.floor(this.chance() * 20));
    const isUnknown = status === 0 || body?.details?.outcome === 'unknown';
    this.model.called(id, status === 200 ? 'done' : isUnknown ? 'unknown' : 'not done');
  }

  async #run(name: string): Promise<void> {
    const { hub, model } = this;
    const calls = [`${name}-1`, `${name}-2`];
    const [first, second] = calls;
    for (const call of calls) model.called(call, 'unknown');
    const begun = await hub
      .call('POST', `${WORKFLOWS}/execute`, { workflow: RUN, parameters: { first, second } })
      .catch(() => undefined);
    if (begun && begun.status < 300) model.runs.set(begun.body.data.workflow_id, calls);
    else if (begun) for (const call of calls) model.called(call, 'not done');
  }

  async #change(name: string): Promise<void> {
    const { hub, model } = this;
    const kind = kinds[Math.floor(this.chance() * kinds.length)] as Kind;
    let id = '';
    const making = kind.make(hub, name).then((answer) => {
      id = answer.body?.data?.id ?? '';
      return answer;
    });
    const made = await outcomeOf(making);
    model.made(kind.name, name, made);
    if (made !== 'done' || this.chance() < 0.5) return;
    model.deleted(kind.name, name, await outcomeOf(hub.call('DELETE', kind.path(id))));
  }
}

/** Contradictions to the model: things, and effects of tools. Each run is over by then. */
export async function contradictions(hub: Hub, model: Model, effects: () => Iterable<string>): Promise<string[]> {
  const lost = await runsOver(hub, model);
  const things = await Promise.all(
    kinds.map(async (kind) => model.wrongThings(kind.name, (await kind.list(hub)).keys())),
  );
  return [...lost, ...things.flat(), ...model.wrongCalls(effects())];
}

/** The argument `id` of every call in the audit log. */
export async function auditedIds(hub: Hub): Promise<Set<string>> {
  const { body } = await hub.call('GET', '/api/audit/export');
  return new Set(body.data.map((entry: { details: { arguments?: { id?: string } } }) => entry.details.arguments?.id));
}

/** Waits until calls of the ledger's tool go through. */
export async function working(hub: Hub, model: Model, round: string): Promise<void> {
  let tries = 0;
  await wait('the server answers', async () => {
    const id = `probe-${round}-${tries++}`;
    const { status, body } = await note(hub, id);
    model.called(id, status === 200 ? 'done' : body?.details?.outcome === 'unknown' ? 'unknown' : 'not done');
    return status === 200;
  });
}
