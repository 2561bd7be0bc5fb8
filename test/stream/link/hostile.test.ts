import { once } from 'node:events';
import { create, toBinary } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { FailureCode } from '@roundhouse/proto/agent/v1/command';
import { AgentFrameSchema, CommandState } from '@roundhouse/proto/agent/v1/link';
import { ServerReportSchema } from '@roundhouse/proto/agent/v1/server';
import t from 'tap';
import { openTransfer } from '../../../agent/link/session/channel.js';
import { decodeHubFrames, encodeFrame, encodePart, encodeResult } from '../../../agent/link/session/frames.js';
import { ask } from '../../../hub/domain/agents/answer.js';
import { wait } from '../../kit/wait.js';
import { answers, knock, play, scene, toolList, type Villain } from './hostile-agent.js';
import { callTool, echo, read, version } from './rig.js';

t.test('a result of a command that is not its own: cut off, logged, counted', async (t) => {
  const { hub, commandId, villain, unharmed } = await scene(t);
  await villain.welcomed;
  // Even if it knows the id of a running command of another agent.
  villain.stream.write(encodeResult(commandId, { case: 'json', value: Buffer.from('"forged"') }));
  t.equal((await villain.ended).code, status.INVALID_ARGUMENT);
  t.match(hub.fleet.stats(), { foreignResults: 1, violations: 1, agents: 1 });
  t.ok(hub.lines.some((line) => line.includes('agent cut off') && line.includes(villain.identity.agentId)));
  await unharmed();
});

t.test('an agent that reports states of commands without being asked: cut off, logged, counted', async (t) => {
  const { hub, commandId, villain, unharmed } = await scene(t);
  await villain.welcomed;
  const standings = [{ commandId, state: CommandState.NEVER_RECEIVED }];
  villain.stream.write(encodeFrame({ case: 'standings', value: { standings } }));
  t.equal((await villain.ended).code, status.INVALID_ARGUMENT);
  t.match(hub.fleet.stats(), { resent: 0, violations: 1, agents: 1 });
  await unharmed();
});

t.test('a stream that waits while its agent is revoked is not admitted, and gets no secret', async (t) => {
  for (const isTold of [true, false]) {
    const { hub, villain, unharmed } = await scene(t);
    await villain.welcomed;
    const { agentId } = villain.identity;
    const waiting = await knock(t, villain);
    let received = 0;
    waiting.stream.on('data', () => {
      received += 1;
    });
    hub.domain.revoked.add(agentId);
    if (isTold) hub.fleet.disconnect(agentId, 'certificate revoked');
    waiting.stream.write(encodeFrame({ case: 'hello', value: { epoch: 2n ** 51n, version, name: 'villain' } }));
    t.equal((await waiting.ended).code, status.PERMISSION_DENIED);
    t.equal(received, 0);
    if (isTold) t.equal(hub.fleet.agent(agentId), undefined);
    await unharmed();
  }
});

const beyond = 2n ** 63n - 1n;
for (const [what, frame] of Object.entries({
  "a server's next attempt": encodeFrame({ case: 'server', value: { serverId: 'x', nextAttemptMs: beyond } }),
  "a server's connection": encodeFrame({ case: 'server', value: { serverId: 'x', connectedSinceMs: beyond } }),
  "a server's pings": encodeFrame({ case: 'server', value: { serverId: 'x', pings: [{ timeMs: beyond }] } }),
  "a device's connection": encodeFrame({ case: 'device', value: { deviceId: 'x', connectedAtMs: beyond } }),
  "a device's next attempt": encodeFrame({ case: 'device', value: { deviceId: 'x', nextAttemptMs: beyond } }),
  "a device's description": encodeFrame({ case: 'device', value: { deviceId: 'x', info: { readAtMs: beyond } } }),
})) {
  t.test(`an impossible time of ${what}: cut off, and the domain does not hear of it`, async (t) => {
    const { hub, villain, unharmed } = await scene(t);
    await villain.welcomed;
    villain.stream.write(frame);
    t.equal((await villain.ended).code, status.INVALID_ARGUMENT);
    t.equal(hub.fleet.stats().violations, 1);
    t.same(hub.domain.reports, []);
    await unharmed();
  });
}

t.test('an answer with an impossible time: its caller gets an error, and the agent is cut off', async (t) => {
  const { hub, villain, unharmed } = await scene(t);
  await villain.welcomed;
  villain.stream.on('data', (data: Buffer) => {
    for (const sent of decodeHubFrames(data))
      if (sent.case === 'command')
        villain.stream.write(
          encodeResult(sent.value.id, {
            case: 'server',
            value: create(ServerReportSchema, { serverId: 's', connectedSinceMs: beyond }),
          }),
        );
  });
  const connect = { case: 'connectServer', value: { serverId: 's' } } as const;
  await t.rejects(hub.fleet.execute(villain.identity.agentId, connect, read), { code: 'upstream_failed' });
  t.equal((await villain.ended).code, status.INVALID_ARGUMENT);
  await unharmed();
});

t.test('an agent that claims to be another agent: cut off, logged, counted', async (t) => {
  const { hub, honest, villain, unharmed } = await scene(t);
  await villain.welcomed;
  villain.stream.cancel();
  const impostor = await play(t, hub, villain.dataDir, { epoch: 2n ** 51n, agentId: honest.id });
  t.match(await impostor.ended, { code: status.INVALID_ARGUMENT, details: /claims to be another/ });
  t.equal(hub.fleet.stats().violations, 1);
  t.ok(hub.lines.some((line) => line.includes('claims to be another') && line.includes(honest.id)));
  await unharmed();
});

for (const [what, frame] of Object.entries({
  heartbeats: encodeFrame({ case: 'heartbeat', value: { number: 1n, reply: true } }),
  reports: encodeFrame({ case: 'server', value: { serverId: 'x' } }),
  progress: encodeFrame({ case: 'progress', value: { commandId: 'x', json: Buffer.from('{}') } }),
  notices: encodeFrame({ case: 'log', value: { level: 'info', message: 'x' } }),
  'unknown frames': Buffer.from([0x0a, 0x03, 0xfa, 0x06, 0x00]),
  'messages without frames': Buffer.alloc(0),
})) {
  t.test(`a flood of ${what}: cut off, logged, counted`, async (t) => {
    // Few enough that a busy machine gets more than these in a second.
    const { hub, villain, unharmed } = await scene(t, { floodFrames: 50 });
    await villain.welcomed;
    for (let n = 0; n < 5_000; n++) villain.stream.write(frame);
    t.equal((await villain.ended).code, status.INVALID_ARGUMENT);
    t.match(hub.fleet.stats(), { floods: 1, violations: 1, agents: 1 });
    await unharmed();
  });
}

t.test('a flood of bytes, and a frame too large: cut off', async (t) => {
  const { hub, villain, unharmed } = await scene(t, { floodBytes: 1024 * 1024, maxMessageBytes: 2 * 1024 * 1024 });
  await villain.welcomed;
  const notice = encodeFrame({ case: 'log', value: { level: 'info', message: 'x'.repeat(1024 * 1024) } });
  for (let n = 0; n < 32; n++) villain.stream.write(notice);
  t.equal((await villain.ended).code, status.INVALID_ARGUMENT);
  t.equal(hub.fleet.stats().floods, 1);
  const again = await play(t, hub, villain.dataDir, { epoch: 2n ** 52n });
  await again.welcomed;
  again.stream.write(encodeFrame({ case: 'log', value: { level: 'info', message: 'x'.repeat(3 * 1024 * 1024) } }));
  t.equal((await again.ended).code, status.RESOURCE_EXHAUSTED);
  t.equal(hub.fleet.stats().violations, 2);
  t.ok(hub.lines.some((line) => line.includes('too large') && line.includes(villain.identity.agentId)));
  await wait('only one agent is left', () => hub.fleet.stats().agents === 1);
  await unharmed();
});

t.test('one message of a million empty frames: cut off after as many as an agent may send', async (t) => {
  const { hub, villain, unharmed } = await scene(t, { floodFrames: 50 });
  await villain.welcomed;
  const frame = encodeFrame({ case: 'log', value: { level: 'info' } });
  let heard = 0;
  hub.domain.on('log', () => heard++);
  villain.stream.write(Buffer.concat([...Array.from({ length: 50_000 }, () => frame), Buffer.from([0x0a, 0xff])]));
  const { code, details } = await villain.ended;
  t.match({ code, details }, { code: status.INVALID_ARGUMENT, details: 'it sends more than any agent may' });
  t.ok(heard < 50_000, 'the rest of the message is not read: its last frame is malformed');
  await unharmed();
});

/** A field with content, as protobuf writes it. */
const field = (number: number, content: Buffer) => {
  const head = [(number << 3) | 2];
  let rest = content.length;
  for (; rest > 127; rest >>= 7) head.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([...head, rest]), content]);
};
const emptyTools = Buffer.alloc(200_000, Buffer.from([0x0a, 0x00]));

for (const [what, frame] of Object.entries({
  tools: field(4, field(5, emptyTools)),
  'unknown fields': field(7, Buffer.alloc(200_000, Buffer.from([0x78, 0x00]))),
})) {
  t.test(`a frame with a hundred thousand empty ${what}: cut off before it is decoded`, async (t) => {
    const { hub, villain, unharmed } = await scene(t);
    await villain.welcomed;
    villain.stream.write(field(1, frame));
    t.match(await villain.ended, { code: status.INVALID_ARGUMENT, details: 'unreadable message' });
    t.same(hub.domain.reports, []);
    await unharmed();
  });
}

t.test(
  'a failure with deep or huge details, and a long message: its caller gets the error without the details',
  async (t) => {
    const { hub, villain, unharmed } = await scene(t);
    await villain.welcomed;
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const values = `[${'0,'.repeat(1_000_000)}0]`;
    for (const data of [deep, values, JSON.stringify('x'.repeat(1024 * 1024))]) {
      const details = Buffer.from(`{"reason":"r","jsonrpc":{"code":1,"data":${data}}}`);
      const failure = { code: FailureCode.UPSTREAM, message: 'no'.repeat(100_000), details };
      const told = (id: string) => villain.stream.write(encodeResult(id, { case: 'failure', value: failure }));
      villain.stream.removeAllListeners('data');
      answers(villain, told);
      const error = await hub.fleet.execute(villain.identity.agentId, echo('1'), read).catch((failed) => failed);
      t.match(error, { code: 'upstream_failed', message: /^(?:no)+$/ });
      t.equal(error.message.length, 16_384);
      t.same(error.details, {});
    }
    await unharmed();
  },
);

t.test('an agent that answers twice: its caller gets the first answer, and the hub drops the second', async (t) => {
  const { hub, villain, unharmed } = await scene(t);
  await villain.welcomed;
  const asked = new Promise<string>((resolve) => {
    villain.stream.on('data', (data: Buffer) => {
      for (const frame of decodeHubFrames(data)) if (frame.case === 'command') resolve(frame.value.id);
    });
  });
  const call = hub.fleet.execute(villain.identity.agentId, echo('1'), read);
  const commandId = await asked;
  for (const word of ['"first"', '"second"']) {
    villain.stream.write(encodeResult(commandId, { case: 'json', value: Buffer.from(word) }));
  }
  t.equal(Buffer.from((await call).value as Uint8Array).toString(), '"first"');
  await wait('the late result is counted', () => hub.fleet.stats().lateResults === 1);
  t.equal(hub.fleet.stats().violations, 0, 'it may have answered before it heard of a cancel');
  await unharmed();
});

const notAnObject: Readonly<Record<string, Buffer>> = {
  'a list that ends as no list does': Buffer.from('{"content":[}],"a":"resource"}'),
  'an answer to another request': Buffer.from('{"content":[]},"id":7,"result":{"forged":true}}{'),
  'a line break': Buffer.from('{"content":[],\n"isError":false}'),
  'a list': Buffer.from('[]'),
  nothing: Buffer.alloc(0),
  'bytes that are no UTF-8': Buffer.from('{"content":[],"x":"\xff"}', 'latin1'),
  'a thousand levels and more': Buffer.from(`{"content":${'['.repeat(2_000)}${']'.repeat(2_000)}}`),
  'an answer to another request behind a large one': Buffer.from(`{"content":["${'x'.repeat(300_000)}"]},"id":7}`),
};

for (const [what, json] of Object.entries(notAnObject)) {
  t.test(`a tool's result with ${what}: its caller gets an error, and nothing of the result`, async (t) => {
    const { hub, villain, unharmed } = await scene(t);
    await villain.welcomed;
    answers(villain, (id) => villain.stream.write(encodeResult(id, { case: 'tool', value: { json } as never })));
    const refused = { code: 'upstream_failed', message: "the agent's answer to 'callTool' cannot be read" };
    await t.rejects(hub.fleet.execute(villain.identity.agentId, callTool('x'), read), refused);
    await unharmed();
  });

  t.test(`progress, notices and questions with ${what} are left out`, async (t) => {
    const { hub, villain, unharmed } = await scene(t);
    await villain.welcomed;
    const heard: string[] = [];
    const hear = (_: unknown, { params }: { readonly params: Uint8Array }) =>
      heard.push(Buffer.from(params).toString());
    Object.assign(hub.domain, { onNotice: hear, onAsk: hear });
    answers(villain, (commandId) => {
      for (const params of [json, Buffer.from('{"good":1}')]) {
        // Absent params are valid.
        if (params.length === 0) continue;
        villain.stream.write(encodeFrame({ case: 'progress', value: { commandId, json: params } }));
        villain.stream.write(encodeFrame({ case: 'mcpNotice', value: { serverId: 's', method: 'm', params } }));
        villain.stream.write(
          encodeFrame({ case: 'mcpAsk', value: { serverId: 's', askId: 'a', method: 'm', params } }),
        );
      }
      villain.stream.write(encodeResult(commandId, { case: 'json', value: Buffer.from('null') }));
    });
    const onProgress = (told: Uint8Array) => heard.push(Buffer.from(told).toString());
    await hub.fleet.execute(villain.identity.agentId, echo('1'), { ...read, onProgress });
    t.same(heard, ['{"good":1}', '{"good":1}', '{"good":1}']);
    await unharmed();
  });
}

t.test(
  'progress and notices of more than 256 KiB, and questions of more than 4 MiB, are left out; long and short ones keep their order',
  async (t) => {
    const { hub, villain, unharmed } = await scene(t);
    await villain.welcomed;
    const heard: string[] = [];
    const hear = (params: Uint8Array) => heard.push(JSON.parse(Buffer.from(params).toString()).name);
    Object.assign(hub.domain, {
      onNotice: (_: unknown, { params }: { readonly params: Uint8Array }) => hear(params),
      onAsk: (_: unknown, { params }: { readonly params: Uint8Array }) => hear(params),
    });
    const params = (name: string, bytes: number) => Buffer.from(JSON.stringify({ name, text: 'x'.repeat(bytes) }));
    answers(villain, (commandId) => {
      const send = (name: string, bytes: number) => {
        const json = params(name, bytes);
        villain.stream.write(encodeFrame({ case: 'progress', value: { commandId, json } }));
        villain.stream.write(encodeFrame({ case: 'mcpNotice', value: { serverId: 's', method: 'm', params: json } }));
        villain.stream.write(
          encodeFrame({ case: 'mcpAsk', value: { serverId: 's', askId: 'a', method: 'm', params: json } }),
        );
      };
      send('too long', 4 * 1024 * 1024);
      send('for a question', 1024 * 1024);
      send('long', 200 * 1024);
      send('short', 10);
      send('last', 10);
    });
    const call = new AbortController();
    const options = { ...read, onProgress: hear, signal: call.signal };
    const refused = t.rejects(hub.fleet.execute(villain.identity.agentId, echo('1'), options), { code: 'cancelled' });
    await wait('the last message is heard', () => heard.filter((name) => name === 'last').length === 3);
    const each = (name: string) => [name, name, name];
    t.same(heard, ['for a question', ...['long', 'short', 'last'].flatMap(each)]);
    call.abort();
    await refused;
    await unharmed();
  },
);

t.test('notices and questions with a long id or method are left out', async (t) => {
  const { hub, villain, unharmed } = await scene(t);
  await villain.welcomed;
  const heard: string[] = [];
  const hear = (_: unknown, { method }: { readonly method: string }) => heard.push(method);
  Object.assign(hub.domain, { onNotice: hear, onAsk: hear });
  const long = 'x'.repeat(257);
  const last = wait('the last message is heard', () => heard.includes('last'));
  const ids = { serverId: 's', instanceId: 'i', method: 'm' };
  for (const more of [{ serverId: long }, { instanceId: long }, { method: long }])
    villain.stream.write(encodeFrame({ case: 'mcpNotice', value: { ...ids, ...more } }));
  for (const more of [{ serverId: long }, { instanceId: long }, { askId: long }, { method: long }])
    villain.stream.write(encodeFrame({ case: 'mcpAsk', value: { ...ids, askId: 'a', ...more } }));
  villain.stream.write(encodeFrame({ case: 'mcpAsk', value: { ...ids, askId: 'a', method: 'last' } }));
  await last;
  t.same(heard, ['last']);
  await unharmed();
});

const listing = {
  case: 'listContainers',
  value: { all: true, name: '', labels: [], limit: 10 },
} as const;

t.test('an answer of more values than a parser reads at once: refused unread', async (t) => {
  const { hub, villain, unharmed } = await scene(t);
  await villain.welcomed;
  const json = Buffer.from(`{"containers":[],"x":[${'[],'.repeat(100_000)}1]}`);
  answers(villain, (id) => villain.stream.write(encodeResult(id, { case: 'json', value: json })));
  const refused = { code: 'upstream_failed', details: { reason: 'result_too_large' } };
  await t.rejects(hub.fleet.execute(villain.identity.agentId, listing, read), refused);
  await unharmed();
});

t.test('a list of more items than the hub asked for: refused', async (t) => {
  const { hub, villain, unharmed } = await scene(t);
  await villain.welcomed;
  const json = Buffer.from(JSON.stringify({ containers: Array.from({ length: 11 }, () => ({})), total: 11 }));
  answers(villain, (id) => villain.stream.write(encodeResult(id, { case: 'json', value: json })));
  const shape = { containers: [{}], total: 'number' } as const;
  const message = /to 'listContainers' holds 11 items, and the hub asked for 10 at most/;
  const asking = (limit: number) => {
    const operation = { ...listing, value: { ...listing.value, limit } };
    return ask<{ containers: object[]; total: number }>(hub.fleet, villain.identity.agentId, operation, shape, read);
  };
  await t.rejects(asking(10), { code: 'upstream_failed', message });
  t.equal((await asking(11)).containers.length, 11);
  await unharmed();
});

const usage = { case: 'measureUsage', value: {} } as const;
for (const [what, json] of Object.entries({
  'more than a mebibyte': `["${'x'.repeat(1024 * 1024)}"]`,
  'more values than a parser reads at once': `[${'[],'.repeat(60_000)}0]`,
})) {
  t.test(`an answer of ${what} to a request of the hub itself: refused unread`, async (t) => {
    const { hub, villain, unharmed } = await scene(t);
    await villain.welcomed;
    answers(villain, (id) => villain.stream.write(encodeResult(id, { case: 'json', value: Buffer.from(json) })));
    const refused = { code: 'upstream_failed', details: { reason: 'result_too_large' } };
    await t.rejects(hub.fleet.execute(villain.identity.agentId, usage, read), refused);
    await unharmed();
  });
}

/** An agent that begins a large result of each command and sends nothing of it. */
function begins(villain: Villain): void {
  answers(villain, (commandId) => {
    const transfer = openTransfer(villain.client);
    transfer.on('error', () => {});
    transfer.resume();
    transfer.write(encodePart({ case: 'commandId', value: commandId }));
  });
}

t.test('large results that an agent begins and does not send do not hold up other agents', async (t) => {
  const { hub, honest, villain, unharmed } = await scene(t, { collectStallMs: 600_000 });
  await villain.welcomed;
  begins(villain);
  const patient = { kind: 'read', timeoutMs: 600_000 } as const;
  const held = Array.from({ length: 8 }, () => hub.fleet.execute(villain.identity.agentId, echo('1'), patient));
  let ended = 0;
  for (const one of held) one.finally(() => ended++).catch(() => {});
  await wait('the agent has begun eight results', () => hub.fleet.stats().transfers === 8);
  const large = JSON.stringify('x'.repeat(1024 * 1024));
  const answer = await hub.fleet.execute(honest.id, echo(large), read);
  t.equal(hub.fleet.stats().transfers, 9, 'the honest answer took the same road');
  t.equal(ended, 0, 'the eight results are still held');
  t.equal((answer.value as Uint8Array).length, large.length);
  await unharmed();
});

t.test('a large result that makes no progress is given up', async (t) => {
  const { hub, villain, unharmed } = await scene(t, { collectStallMs: 50 });
  await villain.welcomed;
  begins(villain);
  const answer = hub.fleet.execute(villain.identity.agentId, echo('1'), { kind: 'read', timeoutMs: 10_000 });
  await t.rejects(answer, { code: 'upstream_failed', message: 'The result came too slowly' });
  await unharmed();
});

t.test("an agent's notices do not fill the log: each is cut, and ten a second are taken", async (t) => {
  const { hub, villain, unharmed } = await scene(t);
  await villain.welcomed;
  const heard: number[] = [];
  hub.domain.on('log', ({ message }: { readonly message: string }) => heard.push(message.length));
  const notice = encodeFrame({ case: 'log', value: { level: 'info', message: 'x'.repeat(2_000) } });
  const reported = once(hub.domain, 'report');
  villain.stream.write(Buffer.concat([...Array.from({ length: 1_000 }, () => notice), toolList(0)]));
  await reported;
  t.same([...new Set(heard)], [1024]);
  t.ok(heard.length >= 200 && heard.length < 1_000, 'two hundred at once are taken');
  t.equal(hub.lines.filter((line) => line.includes('more notices than the log takes')).length, 1);
  await unharmed();
});

t.test('garbage, and half a message: cut off', async (t) => {
  const { hub, villain, unharmed } = await scene(t);
  await villain.welcomed;
  villain.stream.write(Buffer.from([0x0a, 0xff]));
  t.equal((await villain.ended).code, status.INVALID_ARGUMENT);
  t.equal(hub.fleet.stats().violations, 1);
  await unharmed();
});

t.test('an unknown frame and unknown fields do no harm', async (t) => {
  const { hub, villain, unharmed } = await scene(t);
  await villain.welcomed;
  const unknown = Buffer.from([0xfa, 0x06, 0x01, 0x00]);
  const heartbeat = toBinary(
    AgentFrameSchema,
    create(AgentFrameSchema, { frame: { case: 'heartbeat', value: { number: 7n } } }),
  );
  const frame = Buffer.concat([heartbeat, unknown]);
  const message = Buffer.concat([
    Buffer.from([0x0a, frame.length]),
    frame,
    Buffer.from([0x0a, unknown.length]),
    unknown,
  ]);
  const answered = new Promise<void>((resolve) => {
    villain.stream.on('data', (data: Buffer) => {
      if (data.includes(Buffer.from([0x08, 0x07, 0x10, 0x01]))) resolve();
    });
  });
  villain.stream.write(message);
  await answered;
  t.equal(hub.fleet.stats().violations, 0);
  await unharmed();
});
