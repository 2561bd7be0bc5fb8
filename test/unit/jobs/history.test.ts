import t from 'tap';
import { historyOf, type JobMoment } from '../../../hub/domain/jobs/history.js';
import type { JobRecord, JobStep } from '../../../hub/domain/jobs/record.js';

const step = (name: string, change: Partial<JobStep> = {}): JobStep => ({
  name,
  status: 'pending',
  startedAt: null,
  completedAt: null,
  result: null,
  reason: '',
  ...change,
});
const job = (change: Partial<JobRecord>): JobRecord =>
  ({
    id: 'j',
    status: 'queued',
    createdAt: 10,
    dueAt: 10,
    startedAt: null,
    completedAt: null,
    steps: [],
    ...change,
  }) as JobRecord;
const told = (moment: JobMoment) =>
  moment.kind === 'status' ? moment.status : moment.kind === 'step' ? `${moment.step} ${moment.became}` : moment.step;

t.test('a history only grows, with any outcome of the job', async (t) => {
  const done = step('a', { status: 'completed', startedAt: 20, completedAt: 30, result: 1 });
  const lives: Partial<JobRecord>[] = [
    { steps: [step('a'), step('b'), step('c')] },
    { status: 'running', startedAt: 20, steps: [step('a'), step('b'), step('c')] },
    {
      status: 'running',
      startedAt: 20,
      steps: [step('a', { status: 'running', startedAt: 20 }), step('b'), step('c')],
    },
    { status: 'running', startedAt: 20, steps: [done, step('b'), step('c')] },
    { status: 'running', startedAt: 20, steps: [done, step('b', { status: 'skipped', startedAt: 31 }), step('c')] },
    {
      status: 'failed',
      startedAt: 20,
      completedAt: 50,
      steps: [
        done,
        step('b', { status: 'skipped', startedAt: 31 }),
        step('c', { status: 'failed', startedAt: 40, completedAt: 50, reason: 'broken' }),
      ],
    },
  ];
  let before: JobMoment[] = [];
  for (const life of lives) {
    const now = historyOf(job(life));
    t.same(now.slice(0, before.length), before);
    t.ok(now.length > before.length);
    before = now;
  }
  const whole = ['queued', 'running', 'a running', 'a completed', 'a', 'b skipped', 'c running', 'c failed', 'failed'];
  t.same(before.map(told), whole);
});

t.test('a job that waits for its time, and is cancelled before', async (t) => {
  const moments = historyOf(job({ dueAt: 1000, status: 'cancelled', completedAt: 20 }));
  t.same(moments.map(told), ['scheduled', 'cancelled']);
});
