import t, { type Test } from 'tap';
import { SYSTEM } from '../../../hub/domain/audit/audit.js';
import { AuditLog } from '../../../hub/domain/audit/log.js';
import { Redactor } from '../../../hub/domain/audit/redactor.js';
import { type CommandParts, DeviceCommands } from '../../../hub/domain/devices/commands.js';
import { DomainError } from '../../../hub/domain/errors.js';
import type { JobRecord } from '../../../hub/domain/jobs/record.js';
import { JobWriter } from '../../../hub/domain/jobs/writer.js';
import { caller as admin } from '../mcp-door/caller.js';
import { openTestStore } from '../store/stores.js';

const secret = 'the-secret-of-it';

/** A redactor that knows a secret, and the lengths of the texts that redactors search. */
function searching(t: Test) {
  const lengths: number[] = [];
  const { find, touches } = Redactor.prototype;
  Redactor.prototype.find = function (text) {
    lengths.push(text.length);
    return find.call(this, text);
  };
  Redactor.prototype.touches = function (text) {
    lengths.push(text.length);
    return touches.call(this, text);
  };
  t.teardown(() => Object.assign(Redactor.prototype, { find, touches }));
  const redactor = new Redactor();
  redactor.learn(JSON.stringify({ token: secret }));
  return { redactor, lengths };
}

/** A long text whose secret begins before its cut. */
const long = (cut: number) => `${'x'.repeat(cut - 4)}${secret}${'y'.repeat(1_000_000)}`;

t.test('the search of a long id of a refusal ends after the part that its audit entry keeps', async (t) => {
  const { store } = await openTestStore(t);
  const { redactor, lengths } = searching(t);
  const audit = new AuditLog(store, redactor);
  const record = (id: string) =>
    audit.record(SYSTEM, {
      action: 'server.delete',
      resource: { type: 'server', id },
      details: {},
      success: false,
      durationMs: 1,
    });
  record(long(256));
  record(long(1024));
  record(`${secret}!`);
  t.ok(lengths.length > 0 && lengths.every((length) => length < 20_000), String(lengths));
  const ids: (string | undefined)[] = [];
  for await (const entries of audit.export(admin, {})) ids.push(...entries.map(({ resource }) => resource?.id));
  t.match(ids, [/^x{252}\[REDACTED\]y+ …$/, /^x{1020}\[R …$/, '[REDACTED]!']);
});

t.test('the search of the error of a job ends after the part that the job keeps', async (t) => {
  const { store } = await openTestStore(t);
  const { redactor, lengths } = searching(t);
  redactor.learn(JSON.stringify({ token: secret }), 's1');
  const server = () => ({ id: 's1' }) as never;
  const writer = new JobWriter(store, redactor, server);
  const record = { serverId: 's1' } as JobRecord;
  const kept = /^x{1996}\[RED \[…\]$/;
  t.match(writer.text(record, long(2000)), kept);
  const error = new DomainError('upstream_failed', long(2000), { toolText: long(2000) });
  t.match(writer.errorOf(record, error), { code: 'upstream_failed', message: kept, toolText: kept });
  t.ok(lengths.length > 0 && lengths.every((length) => length < 20_000), String(lengths));
  t.equal(writer.text(record, `it is ${secret}`), 'it is [REDACTED]');
});

t.test('the search of a long device command ends at the length that commands may have', async (t) => {
  const { redactor, lengths } = searching(t);
  const commands = new DeviceCommands({ redactor } as unknown as CommandParts);
  const shown = commands.audited({ commands: [long(512), `show ${secret}`], answers: [`set ${long(512)}`] });
  t.ok(lengths.length > 0 && lengths.every((length) => length < 20_000), String(lengths));
  t.match(shown, { commands: [/^x{508}\[RED$/, 'show [REDACTED]'], answers: [/^set x{508}$/] });
});
