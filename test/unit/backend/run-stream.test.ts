import t from 'tap';
import { RunStream } from '../../../hub/api/backend/workflow-runs.js';
import type { Caller } from '../../../hub/domain/access/caller.js';
import { DomainError } from '../../../hub/domain/errors.js';
import type { JobRecord, JobStep } from '../../../hub/domain/jobs/record.js';
import type { SseSink } from '../../../hub/http/endpoint.js';

const step = (name: string, status: JobStep['status']): JobStep => ({
  name,
  status,
  startedAt: status === 'pending' ? null : 2,
  completedAt: status === 'completed' ? 3 : null,
  result: status === 'completed' ? { of: name } : null,
  reason: '',
});

function run(revision: number, status: JobRecord['status'], ...steps: JobStep['status'][]): JobRecord {
  const record = {
    id: 'run',
    kind: 'workflow',
    status,
    params: { workflow: 'w', parameters: {}, plan: [] },
    steps: steps.map((one, at) => step(`s${at}`, one)),
    progress: 0,
    message: '',
    result: null,
    error: null,
    createdAt: 1,
    dueAt: 1,
    startedAt: status === 'queued' ? null : 2,
    completedAt: status === 'completed' ? 4 : null,
    revision,
  };
  return record as unknown as JobRecord;
}

/** A stream whose reader takes every chunk, or nothing. */
function reader(first: JobRecord, after = 0, show = (job: JobRecord, _: Caller) => job) {
  const sent: string[] = [];
  const state = { takes: true, ended: 0, stopped: 0, closed: '', follow: (_: JobRecord) => {} };
  const sink: SseSink = {
    send(text) {
      sent.push(text);
      return state.takes;
    },
    keeps: () => {},
    close: ({ reason }) => {
      state.closed = reason;
    },
    end: () => {
      state.ended += 1;
    },
  };
  const stream = new RunStream({
    read: (caller) => show(first, caller),
    show,
    follow(listener) {
      state.follow = listener;
      return () => {
        state.stopped += 1;
      };
    },
    caller: { role: 'operator' } as Caller,
    after,
  });
  stream.start(sink);
  const ids = () => [...sent.join('').matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  return { stream, state, sent, ids };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

t.test('a slow reader is handed nothing until it has room, and then all that it missed, in order', async (t) => {
  const { stream, state, sent, ids } = reader(run(1, 'queued', 'pending', 'pending'));
  t.same(ids(), [1]);
  state.takes = false;
  state.follow(run(2, 'running', 'running', 'pending'));
  const behind = sent.length;
  state.follow(run(3, 'running', 'completed', 'running'));
  state.follow(run(4, 'running', 'completed', 'completed'));
  state.follow(run(5, 'completed', 'completed', 'completed'));
  await turn();
  t.same([sent.length, state.ended], [behind, 0], 'nothing is piled up, nor is it sent away');
  stream.drained();
  await turn();
  t.same(ids(), [1, 2, 3, 4, 5, 6, 7, 8, 9], 'in one piece that is behind, too');
  t.equal(state.ended, 0, 'not before it has that');
  state.takes = true;
  stream.drained();
  await turn();
  t.equal(state.ended, 1);
  stream.ended();
  t.equal(state.stopped, 1, 'and no run is followed any more');
});

t.test('an update that comes out of order, or again, is sent once', async (t) => {
  const { state, ids } = reader(run(3, 'running', 'completed', 'running'), 2);
  t.same(ids(), [3, 4, 5, 6]);
  state.follow(run(2, 'running', 'running', 'pending'));
  state.follow(run(3, 'running', 'completed', 'running'));
  t.same(ids(), [3, 4, 5, 6]);
  state.follow(run(4, 'completed', 'completed', 'completed'));
  await turn();
  t.same(ids(), [3, 4, 5, 6, 7, 8, 9]);
  t.equal(state.ended, 1);
});

t.test('a stream shows the parts that its caller may see at that moment, and ends when there are none', async (t) => {
  const asked: string[] = [];
  const { stream, state } = reader(run(1, 'queued', 'pending', 'pending'), 0, (job, { role }) => {
    asked.push(role);
    if (role === 'viewer') throw new DomainError('not_found', 'no such run');
    return job;
  });
  state.takes = false;
  state.follow(run(2, 'running', 'running', 'pending'));
  stream.caller = { role: 'user' } as Caller;
  stream.drained();
  t.same(asked, ['operator', 'operator', 'user'], 'the present rights of the reader decide about texts that waited');
  stream.caller = { role: 'viewer' } as Caller;
  stream.drained();
  t.equal(state.closed, 'forbidden');
});
