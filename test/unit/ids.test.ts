// Ids of records: UUID v7, each once, in the order in which they were made.
import t, { type Test } from 'tap';
import { isUuid, newId, timeOfId } from '../../hub/domain/ids.js';

/** From now on the clock of this process shows this time; until the test ends. */
function showTime(t: Test, ms: number): void {
  const { now } = Date;
  t.teardown(() => {
    Date.now = now;
  });
  Date.now = () => ms;
}

t.test('ids are UUIDs of version 7 with the time at which they were made', async (t) => {
  const before = Date.now();
  const id = newId();
  t.ok(isUuid(id));
  t.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  t.ok(timeOfId(id) >= before && timeOfId(id) <= Date.now());
});

t.test('ids sort in the order in which they were made, also if one millisecond has more than 4,096', async (t) => {
  showTime(t, Date.now());
  const ids = Array.from({ length: 10_000 }, newId);
  t.same(ids.toSorted(), ids);
  t.equal(new Set(ids).size, ids.length);
});

t.test('ids go on in order if the clock is set back', async (t) => {
  const first = newId();
  showTime(t, Date.now() - 60_000);
  t.ok(newId() > first);
});
