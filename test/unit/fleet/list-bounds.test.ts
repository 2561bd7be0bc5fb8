import { create } from '@bufbuild/protobuf';
import { ProgressSchema } from '@roundhouse/proto/agent/v1/command';
import { type ServerReport, ServerReportSchema } from '@roundhouse/proto/agent/v1/server';
import { unsolicitedBytesPerSecond } from '@roundhouse/proto/unsolicited';
import t from 'tap';
import { handshake } from '../../../agent/drivers/mcp/connection/connection.js';
import { listTools } from '../../../agent/drivers/mcp/connection/tool-list.js';
import { defaultLimits } from '../../../agent/drivers/mcp/limits.js';
import type { Session } from '../../../agent/drivers/mcp/session/session.js';
import type { Transport } from '../../../agent/drivers/mcp/transports/transport.js';
import { FloodGate } from '../../../hub/fleet/link/session.js';
import { toServerReport } from '../../../hub/fleet/wire/wire.js';

/** A session with a server that answers each request with this JSON text. */
function answering(json: string): Session {
  const request = async (_method: string, _params: string, read: (result: unknown, text: string) => unknown) =>
    read(JSON.parse(json), json);
  return { request, notify: async () => {} } as unknown as Session;
}

const transport = { negotiated() {} } as unknown as Transport;
/** An answer to `initialize` with this capability. */
const initialize = (capability: string) =>
  `{"protocolVersion":"2025-11-25","capabilities":{"x":${capability}},"serverInfo":{"name":"x","version":"1"}}`;
const many = (values: number) => `[${'0,'.repeat(values - 1)}0]`;

const tooMuch = {
  'more than 512 KiB': { json: initialize(JSON.stringify('x'.repeat(512 * 1024))), problem: /is longer than 512 KiB/ },
  'more than 10,000 values': { json: initialize(many(10_000)), problem: /has more than 10000 values/ },
  'more than 1,000 levels': { json: initialize('['.repeat(1_001) + ']'.repeat(1_001)), problem: /nests deeper/ },
};

for (const [what, { json, problem }] of Object.entries(tooMuch)) {
  t.test(`the agent refuses a server whose answer to initialize has ${what}`, async (t) => {
    const client = { version: '1', timeoutMs: 1_000 };
    await t.rejects(handshake(answering(json), transport, client), { kind: 'upstream', message: problem });
  });

  t.test(`the hub leaves out an answer to initialize that has ${what}`, async (t) => {
    const report = create(ServerReportSchema, { serverId: 's', initializeResult: Buffer.from(json) });
    t.equal(toServerReport(report).initializeResult.length, 0);
  });
}

t.test('an answer to initialize within the bound passes both ends', async (t) => {
  const json = initialize(JSON.stringify('x'.repeat(500_000)));
  const told = await handshake(answering(json), transport, { version: '1', timeoutMs: 1_000 });
  const report = create(ServerReportSchema, { serverId: 's', initializeResult: told.json });
  t.equal(toServerReport(report).initializeResult.length, json.length);
});

/** Tools, each with so many values. */
const tools = (count: number, values: number) =>
  Array.from({ length: count }, (_, n) => `{"name":"t${n}","x":${many(values - 3)}}`);

for (const [what, sent, kept] of [
  ['2,501 tools', tools(2_501, 4), 2_500],
  ['more than 200,000 values', tools(21, 10_000), 20],
] as const) {
  t.test(`of a list with ${what} the agent reports the first tools, and says so`, async (t) => {
    const remarks: string[] = [];
    const listing = await listTools(answering(`{"tools":[${sent}]}`), defaultLimits, (remark) => remarks.push(remark));
    t.equal(listing.tools.length, kept);
    t.match(remarks, [new RegExp(`the first ${kept} count`)]);
    t.equal(remarks.length, 1);
  });
}

/** A report with one tool of this definition. */
function reportOf(definition: string, count = 1): ServerReport {
  const tools = Array.from({ length: count }, () => ({ name: 't', definition: Buffer.from(definition) }));
  return create(ServerReportSchema, { serverId: 's', tools: { tools } });
}

/** How many such reports an agent may send at once. */
function admitted(value: ServerReport): number {
  const gate = new FloodGate({ floodFrames: 1_000_000, floodBytes: unsolicitedBytesPerSecond });
  const bytes = (value.tools?.tools ?? []).reduce((sum, { definition }) => sum + definition.length, 0);
  const received = { frame: { case: 'server' as const, value }, bytes, fields: 3 };
  let count = 0;
  while (count < 1_000 && gate.admits(received)) count += 1;
  return count;
}

t.test('a list with many values weighs more than a list with as many bytes', async (t) => {
  const now = performance.now();
  t.intercept(performance, 'now', { value: () => now });
  t.equal(admitted(reportOf(JSON.stringify('x'.repeat(400_000)))), 662, 'the bytes count');
  t.equal(admitted(reportOf(many(200_000))), 20, 'the values count');
  t.equal(admitted(reportOf(many(2_000_000))), 15, 'values that the hub does not read weigh no more than their bytes');
});

t.test('a note with very many values weighs more than a note with as many bytes', async (t) => {
  const now = performance.now();
  t.intercept(performance, 'now', { value: () => now });
  const admittedNotes = (json: string) => {
    const gate = new FloodGate({ floodFrames: 1_000_000, floodBytes: unsolicitedBytesPerSecond });
    const frame = { case: 'progress' as const, value: create(ProgressSchema, { json: Buffer.from(json) }) };
    let count = 0;
    while (count < 2_000 && gate.admits({ frame, bytes: json.length, fields: 3 })) count += 1;
    return count;
  };
  t.ok(admittedNotes(JSON.stringify({ data: 'x'.repeat(200_000) })) > 1000);
  t.ok(admittedNotes(many(20_000)) < 10);
  t.equal(admittedNotes(many(20)), 2_000);
});

t.test('the hub takes a part of a long text in a report, and of a long address nothing', async (t) => {
  const long = 'x'.repeat(20_000);
  const texts = { error: long, degraded: true, degradedReason: long, version: long, authorizationUrl: long };
  const report = toServerReport(create(ServerReportSchema, { serverId: 's', ...texts }));
  const { error, degraded, version, authorizationUrl } = report;
  t.same([error.length, degraded?.length, version, authorizationUrl], [16_384, 16_384, '', '']);
});
