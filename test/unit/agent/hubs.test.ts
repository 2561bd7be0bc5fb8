import t from 'tap';
import { Hubs } from '../../../agent/link/session/channel.js';

t.test('an agent dials one hub after the other, each once before it waits', async (t) => {
  const hubs = new Hubs('a:1, b:2,c');
  const dialled = () => {
    const { current } = hubs;
    return [current, hubs.next()];
  };
  t.same(
    [dialled(), dialled(), dialled()],
    [
      ['a:1', true],
      ['b:2', true],
      ['c', false],
    ],
  );
  t.same(dialled(), ['a:1', false], 'it waits between the rounds that follow');
  t.equal(hubs.current, 'b:2');
  hubs.connected();
  t.same(
    [dialled(), dialled(), dialled()],
    [
      ['b:2', true],
      ['c', true],
      ['a:1', false],
    ],
  );
});

t.test('one hub is dialled again after a wait', async (t) => {
  const hubs = new Hubs('a:1');
  t.equal(hubs.next(), false);
  t.equal(hubs.current, 'a:1');
});

t.test('each address is checked', async (t) => {
  t.throws(() => new Hubs('a:1,b:99999'), /'b:99999' is not an address/);
  t.throws(() => new Hubs('a:1,'), /is not an address/);
});
