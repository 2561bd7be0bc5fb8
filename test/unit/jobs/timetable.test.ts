import t from 'tap';
import type { JobRecord } from '../../../hub/domain/jobs/record.js';
import { Timetable } from '../../../hub/domain/jobs/timetable.js';
import { stopClock } from '../../kit/clock.js';

const HOUR = 3_600_000;
const MINUTE = 60_000;

const record = (id: string, dueAt: number) => ({ id, dueAt }) as JobRecord;

t.test(
  'a clock that is set back: what follows from a rule is due by the new time, what has a time of its own keeps it',
  async (t) => {
    const clock = stopClock(t);
    const due: string[] = [];
    const again = ({ id }: JobRecord) => (id === 'every minute' ? Date.now() + MINUTE : undefined);
    const timetable = new Timetable(({ id }) => due.push(id), again);
    t.teardown(() => timetable.stop());
    timetable.look();
    timetable.add(record('every minute', clock.now + MINUTE));
    timetable.add(record('once', clock.now + MINUTE));
    Date.now = () => clock.now - HOUR;
    timetable.look();
    await clock.move(MINUTE);
    timetable.look();
    t.same(due, ['every minute']);
    await clock.move(HOUR);
    timetable.look();
    t.same(due, ['every minute', 'once']);
  },
);

t.test('a clock that is set back by seconds repeats nothing', async (t) => {
  const clock = stopClock(t);
  const due: string[] = [];
  const timetable = new Timetable(
    ({ id }) => due.push(id),
    () => Date.now(),
  );
  t.teardown(() => timetable.stop());
  timetable.look();
  timetable.add(record('daily', clock.now + 24 * HOUR));
  Date.now = () => clock.now - 30_000;
  timetable.look();
  t.same(due, []);
});

t.test('a time that was computed before the clock was set right is computed again when the hub starts', async (t) => {
  const clock = stopClock(t);
  const due: string[] = [];
  const timetable = new Timetable(
    ({ id }) => due.push(id),
    () => clock.now,
  );
  t.teardown(() => timetable.stop());
  timetable.add(record('hourly', clock.now + 24 * HOUR));
  timetable.look();
  t.same(due, ['hourly']);
});
