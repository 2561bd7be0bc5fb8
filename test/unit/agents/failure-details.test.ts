import { create } from '@bufbuild/protobuf';
import { FailureCode, FailureSchema } from '@roundhouse/proto/agent/v1/command';
import t from 'tap';
import { AgentFailure } from '../../../agent/failure.js';
import { toWireFailure } from '../../../agent/link/session/frames.js';
import { Redactor } from '../../../hub/domain/audit/redactor.js';
import { toDomainError } from '../../../hub/fleet/wire/failure.js';
import { memoryLog } from '../../stream/link/rig.js';

/** An array in an array, and so on. */
const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

/** `data` of a JSON-RPC error, as text. */
const hostile = {
  'nests deep': nested(3_000),
  'has many values': `[${'0,'.repeat(20_000)}0]`,
  'is long': JSON.stringify('x'.repeat(256 * 1024)),
};

const harmless = JSON.stringify({ url: 'https://x', list: Array.from({ length: 1_000 }, () => 'x') });

for (const [what, data] of Object.entries(hostile)) {
  t.test(`a server's error whose data ${what}: the agent passes on its code and its message`, async (t) => {
    const jsonrpc = { code: -32000, message: 'no', data: JSON.parse(data) as unknown };
    const failure = new AgentFailure('upstream', 'the server refused', { status: 400, jsonrpc });
    const { code, details } = toDomainError(create(FailureSchema, toWireFailure(failure, 'begun', memoryLog().log)));
    t.equal(code, 'upstream_failed');
    t.same(details, { status: 400, jsonrpc: { code: -32000, message: 'no', dataOmitted: true } });
  });

  t.test(`a failure of an agent whose details hold data that ${what}: the hub reads none of them`, async (t) => {
    const details = Buffer.from(`{"reason":"r","data":${data}}`);
    const error = toDomainError(create(FailureSchema, { code: FailureCode.UPSTREAM, message: 'no', details }));
    t.same([error.code, error.message, error.details], ['upstream_failed', 'no', {}]);
  });
}

t.test('the hub can show the deepest details that it reads', async (t) => {
  const secret = 'a secret of the server';
  const details = Buffer.from(`{"secret":"${secret}","data":${nested(999)}}`);
  const error = toDomainError(create(FailureSchema, { code: FailureCode.UPSTREAM, message: 'no', details }));
  t.match(JSON.stringify(error.details), nested(999));
  const redactor = new Redactor();
  redactor.learn(secret);
  t.match(redactor.error(error).details, { secret: '[REDACTED]' });
});

t.test('data within the bound arrives as the server sent it', async (t) => {
  const jsonrpc = { code: -32042, message: 'consent', data: JSON.parse(harmless) as unknown };
  const failure = new AgentFailure('upstream', 'no', { jsonrpc });
  const { details } = toDomainError(create(FailureSchema, toWireFailure(failure, 'begun', memoryLog().log)));
  t.same(details, { jsonrpc });
});

t.test('of a message the first 16,384 characters arrive, at both ends', async (t) => {
  const long = 'm'.repeat(20_000);
  const sent = toWireFailure(new AgentFailure('upstream', long), 'begun', memoryLog().log);
  t.equal(sent.message?.length, 16_384);
  const failure = create(FailureSchema, { code: FailureCode.UPSTREAM, message: long });
  t.equal(toDomainError(failure).message.length, 16_384);
});
