import { readFile } from 'node:fs/promises';
import t from 'tap';
import { fixtureServer } from '../automation.js';
import { mcpClient } from '../mcp-client.js';
import { startAgent, startHub } from '../roundhouse.js';

const read = async (name: string) =>
  JSON.parse(await readFile(new URL(`../fixtures/find-tools/${name}.json`, import.meta.url), 'utf8'));

/** The current result; the aim is 45. */
const least = 49;

t.test(
  `of 300 tools, find_tools has the right one among the first five for ${least} of 50 plain questions`,
  async (t) => {
    const [all, questions] = (await Promise.all([read('tools'), read('questions')])) as [
      Record<string, object[]>,
      { question: string; tools: string[] }[],
    ];
    t.equal(Object.values(all).flat().length, 300);
    t.equal(questions.length, 50);
    const hub = await startHub(t);
    await startAgent(t, hub);
    for (const name of Object.keys(all)) await hub.connectServer(fixtureServer(name, 'listed', { LISTED: name }));
    const { client } = await mcpClient(t, hub);
    const missed: string[] = [];
    for (const { question, tools } of questions) {
      const { structuredContent } = await client.callTool({ name: 'find_tools', arguments: { query: question } });
      const found = (structuredContent as { tools: { name: string }[] }).tools.map(({ name }) => name);
      t.ok(found.length <= 5);
      const right = tools.map((tool) => tool.replace('/', '__'));
      if (!right.some((name) => found.includes(name))) missed.push(`${question}: ${found.join(', ')}`);
    }
    for (const line of missed) t.comment(line);
    t.comment(`${questions.length - missed.length} of ${questions.length}`);
    t.ok(questions.length - missed.length >= least, `${questions.length - missed.length} of ${questions.length} found`);
  },
);
