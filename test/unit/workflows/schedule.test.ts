import t from 'tap';
import { withValues } from '../../../hub/domain/workflows/definition.js';
import { nextTime, readSchedule } from '../../../hub/domain/workflows/schedule.js';
import { checkDefinition, readDefinition } from '../../../hub/domain/workflows/validation.js';
import { shippedWorkflows } from '../../../hub/host/package.js';

const now = Date.parse('2026-01-15T12:00:00Z');

t.test('immediate, a time, and a cron expression in its zone', async (t) => {
  t.same(readSchedule('immediate', 'UTC', now), { kind: 'once', at: now });
  t.same(readSchedule('2026-01-15T15:00:00+02:00', 'UTC', now), { kind: 'once', at: now + 3_600_000 });
  t.match(readSchedule('0 3 * * *', 'UTC', now), { kind: 'cron', at: Date.parse('2026-01-16T03:00:00Z') });
  t.match(readSchedule('0 3 * * *', 'Europe/Berlin', now), { at: Date.parse('2026-01-16T02:00:00Z') });
});

t.test('across the change to summer time', async (t) => {
  const before = Date.parse('2026-03-28T12:00:00Z');
  t.equal(nextTime('0 3 * * *', 'Europe/Berlin', before), Date.parse('2026-03-29T01:00:00Z'));
});

t.test('an invalid schedule is refused', async (t) => {
  for (const schedule of ['', 'soon', '2026-01-16', '2026-01-16T03:00:00', '99 * * * *', '0 0 30 2 *'])
    t.throws(
      () => readSchedule(schedule, 'UTC', now),
      { code: 'invalid_input', details: { field: 'schedule' } },
      schedule,
    );
});

t.test('the definitions that ship with the hub are valid, and none names a parameter that it lacks', async (t) => {
  const definitions = shippedWorkflows().map(readDefinition);
  t.same(
    definitions.map(({ name }) => name),
    ['backup_configs', 'daily_maintenance', 'health_sweep', 'update_all'],
  );
  const base = { name: 'x', description: '', parameters: {} };
  const reference = (name: string) => `\${${name}}`;
  const steps = [{ name: 's', kind: 'cleanup', with: { targets: [reference('nowhere')] } }];
  t.throws(() => checkDefinition({ ...base, steps }), { code: 'invalid_input', details: { field: 'steps.0.with' } });
  t.throws(() => checkDefinition({ ...base, steps: [{ name: 's', kind: 'cleanup', when: 'no' }] }), {
    code: 'invalid_input',
    details: { field: 'steps.0.when' },
  });
  const text = `${reference('n')} more`;
  t.same(withValues({ a: [reference('n'), 'n'], b: text }, { n: 3 }), { a: [3, 'n'], b: text });
});

t.test('the next time of a cron expression is searched for 40 years, in which every day comes', async (t) => {
  const monday = nextTime('0 0 29 2 +1', 'UTC', now);
  t.equal(monday, Date.parse('2044-02-29T00:00:00Z'), '29 February on a Monday');
  t.equal(nextTime('@yearly', 'UTC', now), Date.parse('2027-01-01T00:00:00Z'));
  t.equal(nextTime('0 0 30 2 *', 'UTC', now), undefined, 'a day that never comes');
  // A caller that names years could make the search as long as it likes.
  t.throws(() => nextTime('0 0 0 1 1 * 9999', 'UTC', now), { code: 'invalid_input' });
});
