// `node .ci/parts.mjs tools|parts|kubernetes`: installs or builds one share of the tests' programs, as a step of `.ci/run`.
import { buildKubernetes, installParts, installTools } from '../deploy/local/install-parts.mjs';
import { main, Stop } from '../deploy/local/prepare.mjs';

const shares = new Map([
  ['tools', installTools],
  ['parts', installParts],
  ['kubernetes', buildKubernetes],
]);

await main(async () => {
  const share = shares.get(process.argv[2] ?? '');
  if (share === undefined) throw new Stop(`Name one of: ${[...shares.keys()].join(', ')}.`);
  await share();
});
