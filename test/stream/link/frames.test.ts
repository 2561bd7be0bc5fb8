import { randomBytes, randomInt } from 'node:crypto';
import { create, equals, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type Command, CommandKind, FailureCode } from '@roundhouse/proto/agent/v1/command';
import {
  AgentFrameSchema,
  ConnectRequestSchema,
  ConnectResponseSchema,
  type HubFrame,
  HubFrameSchema,
  TransferRequestSchema,
} from '@roundhouse/proto/agent/v1/link';
import type { Span } from '@roundhouse/proto/tracing';
import t from 'tap';
import { decodeHubFrames, encodeChunk, encodeResult } from '../../../agent/link/session/frames.js';
import type { Operation } from '../../../hub/domain/agents/fleet.js';
import { decodeTransferPart, encodeCommand, readAgentFrames } from '../../../hub/fleet/link/frames.js';
import { callTool } from './rig.js';

type Outcome = Parameters<typeof encodeResult>[1];

const texts = ['', 'a', 'echo', 'größe 漢字 🙂', 'x'.repeat(127), 'x'.repeat(128), 'é'.repeat(9000)];
const pick = <T>(values: readonly T[]): T => values[randomInt(values.length)] as T;
const tp = { traceparent: 'tp', tracestate: '' };
const someBytes = () => randomBytes(pick([0, 1, 2, 126, 127, 128, 300, 16_383, 16_384, 70_000]));
const someNumber = () => pick([0, 1, 127, 128, 16_383, 16_384, 30_000, 2 ** 31 - 1, 2 ** 32 - 1]);

function operation(): Operation {
  if (randomInt(4) === 0) return { case: 'noop', value: { echo: someBytes() } };
  const progress = randomInt(2) === 1;
  const value = { serverId: pick(texts), tool: pick(texts), arguments: someBytes(), progress, caller: pick(texts) };
  if (randomInt(4) > 0) return { case: 'callTool', value };
  const envelope = { capabilities: someBytes(), clientInfo: someBytes(), logLevel: pick(texts) };
  return { case: 'callTool', value: { ...value, envelope, more: someBytes() } };
}

function outcome(): Outcome {
  if (randomInt(3) === 0) return { case: 'json', value: someBytes() };
  return { case: 'tool', value: { json: someBytes(), isError: randomInt(2) === 1, durationUs: someNumber() } };
}

t.test('commands: written as the generated code writes them, and read the same', async (t) => {
  for (let i = 0; i < 500; i++) {
    const given = { id: pick(texts), timeoutMs: someNumber(), operation: operation() };
    const place = { traceparent: pick(texts), tracestate: pick(['', '', 'vendor=1']) };
    const traced = randomInt(2) === 1;
    // The writer asks only whether there is a span.
    const span = traced ? ({} as Span) : undefined;
    const bytes = encodeCommand(given.id, 'once', given.timeoutMs, { ...place, span }, given.operation);
    const init = { ...given, ...place, traced, kind: CommandKind.ONCE } as unknown as Command;
    const frame = { case: 'command' as const, value: init };
    const message = create(ConnectResponseSchema, { frames: [{ frame }] });
    if (!Buffer.from(toBinary(ConnectResponseSchema, message)).equals(bytes)) t.fail('written otherwise', { given });
    const read = create(HubFrameSchema, { frame: decodeHubFrames(bytes)[0] as HubFrame['frame'] });
    if (!equals(HubFrameSchema, read, create(HubFrameSchema, { frame }))) t.fail('read otherwise', { given });
  }
  t.pass('500 of them');
});

t.test('damaged commands: read as the generated code reads them, or not at all', async (t) => {
  let damaged = 0;
  for (let i = 0; i < 2000; i++) {
    const bytes = Buffer.from(encodeCommand(pick(texts), 'once', someNumber(), tp, operation()));
    bytes[randomInt(Math.min(bytes.length, 120))] = randomInt(256);
    const readBy = <T>(read: () => T): T | undefined => {
      try {
        return read();
      } catch {
        return undefined;
      }
    };
    const expected = readBy(() => fromBinary(ConnectResponseSchema, bytes));
    const frames = readBy(() => decodeHubFrames(bytes));
    if (frames?.some((frame) => frame.case === 'undecodable')) damaged += 1;
    else if (frames === undefined) damaged += 1;
    else if (!expected) t.fail('read, though the generated code cannot read it', { bytes: bytes.toString('hex') });
    else {
      const read = frames.map((frame) => create(HubFrameSchema, { frame: frame as HubFrame['frame'] }));
      const fits = read.length === expected.frames.length;
      if (!fits || !read.every((frame, n) => sameFrame(frame, expected.frames[n])))
        t.fail('read otherwise', { bytes: bytes.toString('hex') });
    }
  }
  t.ok(damaged > 0, 'some of them cannot be read');
});

/** Whether two frames have the same bytes, members that the contract does not know aside. */
function sameFrame(a: HubFrame, b: HubFrame | undefined): boolean {
  if (!b) return false;
  const written = [a, b].map((frame) => toBinary(HubFrameSchema, frame, { writeUnknownFields: false }));
  return Buffer.compare(written[0] as Uint8Array, written[1] as Uint8Array) === 0;
}

t.test('results: written as the generated code writes them, and read the same', async (t) => {
  for (let i = 0; i < 500; i++) {
    const value = { commandId: pick(texts.slice(1)), outcome: outcome() };
    const frame = { case: 'result' as const, value };
    const bytes = encodeResult(value.commandId, value.outcome);
    const message = create(ConnectRequestSchema, { frames: [{ frame }] });
    if (!Buffer.from(toBinary(ConnectRequestSchema, message)).equals(bytes)) t.fail('written otherwise', { value });
    const read = create(AgentFrameSchema, { frame: [...readAgentFrames(bytes)][0]?.frame });
    if (!equals(AgentFrameSchema, read, create(AgentFrameSchema, { frame }))) t.fail('read otherwise', { value });
  }
  t.pass('500 of them');
});

t.test('several frames of one message, common and rare ones', async (t) => {
  const message = Buffer.concat([
    encodeResult('1', { case: 'json', value: Buffer.from('1') }),
    encodeResult('2', { case: 'failure', value: { code: FailureCode.NOT_FOUND, message: 'no' } }),
    encodeResult('3', { case: 'tool', value: { json: Buffer.from('{}') } }),
  ]);
  const expected = fromBinary(ConnectRequestSchema, message).frames.map(({ frame }) => frame);
  t.strictSame(
    [...readAgentFrames(message)].map(({ frame }) => create(AgentFrameSchema, { frame })),
    expected.map((frame) => create(AgentFrameSchema, { frame })),
  );
});

t.test('a frame whose tag does not announce a message is refused', async (t) => {
  const command = Buffer.from(
    encodeCommand('1', 'read', 1000, tp, { case: 'noop', value: { echo: Buffer.from('1') } }),
  );
  const result = encodeResult('1', { case: 'json', value: Buffer.from('1') });
  for (const wireType of [0, 1, 3, 4, 5, 6, 7]) {
    for (const message of [command, result]) message[0] = (1 << 3) | wireType;
    t.throws(() => decodeHubFrames(command), `by the agent, with wire type ${wireType}`);
    t.throws(() => [...readAgentFrames(result)], `by the hub, with wire type ${wireType}`);
  }
});

t.test('chunks of data streams', async (t) => {
  const chunk = randomBytes(64 * 1024);
  const bytes = encodeChunk(chunk);
  t.ok(chunk.equals(fromBinary(TransferRequestSchema, bytes).part.value as Uint8Array), 'as the generated code has it');
  const part = decodeTransferPart(bytes);
  t.equal(part.case, 'chunk');
  t.ok(chunk.equals(part.value as Uint8Array));
});

t.test('a damaged command is read as the generated code reads it, or it is refused', async (t) => {
  const samples = [
    encodeCommand('abc-1', 'read', 1000, undefined, callTool('echo', '{"a":1}', true)),
    encodeCommand('abc-2', 'read', 1000, tp, { case: 'noop', value: { echo: Buffer.from('{}') } }),
    encodeCommand('abc-3', 'once', 1000, tp, { case: 'connectServer', value: { serverId: 's' } }),
  ];
  let taken = 0;
  for (let i = 0; i < 10_000; i++) {
    const bytes = Buffer.from(pick(samples));
    for (let flips = randomInt(1, 4); flips > 0; flips--) bytes[randomInt(bytes.length)] = randomInt(256);
    let frames: ReturnType<typeof decodeHubFrames> = [];
    try {
      frames = decodeHubFrames(bytes);
    } catch {
      // Refused: the link ends.
    }
    if (frames[0]?.case !== 'command') continue;
    taken++;
    const read = plain(frames);
    const generated = plain(fromBinary(ConnectResponseSchema, bytes).frames.map(({ frame }) => frame));
    if (read !== generated) t.equal(read, generated, bytes.toString('hex'));
  }
  t.ok(taken > 100, `${taken} of them could still be read`);
});

/** A message's known fields as text. */
function plain(value: unknown): string {
  return JSON.stringify(value, (key, field) => {
    if (key === '$unknown') return undefined;
    if (typeof field === 'bigint') return `${field}`;
    return field instanceof Uint8Array ? Buffer.from(field).toString('hex') : field;
  });
}
