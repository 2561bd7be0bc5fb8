// Follows logs and counts the lines: node follow.mjs URL KEY COUNT. `{n}` in the URL stands for the follower's number. Prints how many bytes
// have come.
import * as http from 'node:http';
import * as https from 'node:https';

const [url = '', key = '', count = '1'] = process.argv.slice(2);
let bytes = 0;
let open = 0;
for (let i = 0; i < Number(count); i += 1) {
  const options = { headers: { authorization: `Bearer ${key}` }, agent: false, rejectUnauthorized: false };
  const { get } = url.startsWith('https:') ? https : http;
  get(url.replace('{n}', String(i)), options, (response) => {
    if (response.statusCode !== 200) {
      process.stderr.write(`status ${response.statusCode}\n`);
      process.exit(1);
    }
    open += 1;
    response.on('data', (chunk) => {
      bytes += chunk.length;
    });
    response.on('close', () => process.exit(1));
  });
}
setInterval(() => {
  process.stdout.write(`${JSON.stringify({ open, bytes })}\n`);
}, 100);
