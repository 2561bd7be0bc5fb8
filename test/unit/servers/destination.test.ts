import t from 'tap';
import { valuesDestination } from '../../../hub/domain/servers/destination.js';

/** Where the variables of a command line go. */
const of = (line: string) => {
  const [command = '', ...args] = line.split(' ');
  return valuesDestination({ type: 'stdio', command, args });
};

t.test('another version of the package or image is the same destination', (t) => {
  for (const [before, after] of [
    ['npx -y @fleet/tool@1.0.0 --verbose', 'npx -y @fleet/tool@2.0.0 --verbose'],
    ['npx tool', 'npx tool@latest'],
    ['npx -p tool@1 run', 'npx -p tool@2 run'],
    ['uvx tool==1.2', 'uvx tool@1.3'],
    ['uvx --from tool==1 run', 'uvx --from tool==2 run'],
    [
      'docker run -i --rm -v /data:/data registry.test:5000/a/b:1',
      'docker run -i --rm -v /data:/data registry.test:5000/a/b:2',
    ],
    ['docker run a/b:1', `docker run a/b:1@sha256:${'0'.repeat(64)}`],
    ['docker run --dns 10.0.0.1 a/b:1', 'docker run --dns 10.0.0.1 a/b:2'],
    ['docker run -i -e TOKEN a/b', 'docker run -i -e TOKEN -e OTHER a/b'],
  ] as const)
    t.same(of(after), of(before), after);
  t.end();
});

t.test('every other change of the command line is another destination', (t) => {
  for (const [before, after] of [
    ['npx -y tool', 'npx -y other'],
    ['npx -y tool --target deploy@good.test', 'npx -y tool --target deploy@evil.test'],
    ['npx -y tool --at good.test:443', 'npx -y tool --at good.test:444'],
    ['npx -y gist:0123', 'npx -y gist:4567'],
    ['npx --registry good@1 tool', 'npx --registry good@2 tool'],
    ['uvx tool --with extra==1', 'uvx tool --with extra==2'],
    ['docker run a/b:1', 'docker run a/c:1'],
    ['docker run --add-host api.test:10.0.0.5 a/b', 'docker run --add-host api.test:6.6.6.6 a/b'],
    ['docker run --network=a:1 a/b', 'docker run --network=a:2 a/b'],
    ['docker run -v good:/data a/b', 'docker run -v evil:/data a/b'],
    ['docker run -e TOKEN a/b:1', 'docker run -e TOKEN -e -e evil/b a/b:1'],
    ['docker run -e A=1 a/b', 'docker run -e A=2 a/b'],
    ['docker run a/b --to x:1', 'docker run a/b --to x:2'],
    ['docker exec a/b:1', 'docker exec a/b:2'],
  ] as const)
    t.notSame(of(after), of(before), after);
  t.end();
});
