import type { Test } from 'tap';
import { type Identity, loadIdentity } from '../../../agent/link/enrolment/identity.js';
import { dialHub, openControl } from '../../../agent/link/session/channel.js';
import { decodeHubFrames, encodeFrame } from '../../../agent/link/session/frames.js';
import type { OperationContext } from '../../../agent/operations/operation.js';
import type { FleetSettings } from '../../../hub/fleet/settings.js';
import { wait } from '../../kit/wait.js';
import { callTool, echo, type Hub, read, startAgent, startHub, table, version } from './rig.js';

/** An agent that the test plays. */
export type Villain = Awaited<ReturnType<typeof play>>;

/** A hub with an honest agent that has a call to finish, and the stream of an agent that the test plays. */
export async function scene(t: Test, settings: Partial<FleetSettings> = {}) {
  const hub = await startHub(t, { settings });
  let finish = (): void => {};
  let commandId = '';
  const run = (_: unknown, context: OperationContext) =>
    new Promise((resolve) => {
      ({ commandId } = context);
      finish = () => resolve({ case: 'json', value: Buffer.from('"whole"') });
    });
  const honest = await startAgent(t, hub, { operations: table({ name: 'callTool', run } as never) });
  const answer = hub.fleet.execute(honest.id, callTool('x'), { kind: 'once', timeoutMs: 600_000 });
  const template = await startAgent(t, hub);
  await template.link.close({ graceMs: 0 });
  await wait('the agent is connected and has the command', () => hub.fleet.agents().length === 1 && commandId !== '');
  return {
    hub,
    honest,
    commandId,
    villain: await play(t, hub, template.dataDir),
    /** Checks that the honest agent's call is not harmed. */
    unharmed: async () => {
      finish();
      t.same(Buffer.from((await answer).value as Uint8Array).toString(), '"whole"');
      t.ok(await hub.fleet.execute(honest.id, echo('1'), read));
    },
  };
}

export async function play(t: Test, hub: Hub, dataDir: string, hello: object = {}) {
  const identity = (await loadIdentity(dataDir)) as Identity;
  const client = dialHub(hub.address, identity);
  const stream = openControl(client);
  t.teardown(() => {
    stream.cancel();
    client.close();
  });
  stream.on('error', () => {});
  const ended = new Promise<{ code: number; details: string }>((resolve) => stream.once('status', resolve));
  const welcomed = new Promise<void>((resolve) => stream.once('data', () => resolve()));
  stream.resume();
  stream.write(encodeFrame({ case: 'hello', value: { epoch: 2n ** 50n, version, name: 'villain', ...hello } }));
  return { identity, client, stream, ended, welcomed, dataDir };
}

/** Opens a control stream that says no hello yet, and waits until the hub has it: it takes the place of the one before. */
export async function knock(t: Test, { client }: Villain) {
  const open = () => {
    const stream = openControl(client);
    t.teardown(() => stream.cancel());
    stream.on('error', () => {});
    stream.resume();
    const ended = new Promise<{ code: number; details: string }>((resolve) => stream.once('status', resolve));
    return { stream, ended };
  };
  const before = open();
  const waiting = open();
  await before.ended;
  return waiting;
}

/** Gives the same answer to each command, and reports each command. */
export function answers(villain: Villain, answer: (commandId: string) => void): void {
  villain.stream.on('data', (data: Buffer) => {
    for (const frame of decodeHubFrames(data)) if (frame.case === 'command') answer(frame.value.id);
  });
}

/** A report with so many tools, as a frame. */
export function toolList(count: number): Buffer {
  const tools = Array.from({ length: count }, (_, n) => ({ name: `t${n}`, definition: Buffer.from('{}') }));
  return encodeFrame({ case: 'server', value: { serverId: 'x', tools: { tools } } });
}
