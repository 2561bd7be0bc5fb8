import { readFile, writeFile } from 'node:fs/promises';
import { shownLines } from '@roundhouse/proto/text';
import type { Roundhouse } from '@roundhouse/sdk';
import { command, flag, localCommand, many, required, text, yes } from '../frame/command.js';
import { clientOf } from '../frame/connection.js';
import { CommandError } from '../frame/failures.js';
import type { Output } from '../frame/output.js';
import { confirm } from '../frame/prompt.js';
import type { Terminal } from '../frame/terminal.js';
import { counted } from '../frame/values.js';
import type { Plan, Step } from './plan.js';

// The code for files and plans is loaded only when it is needed, so that other commands start faster.

const fileOptions = {
  file: required({
    ...many('<file>', 'file that describes the fleet; - for standard input; repeatable'),
    short: 'f',
  }),
  prune: flag('also delete records that the files do not describe, in the sections that they have'),
  resend: flag('also send all secrets, variables and headers again: the hub does not show them'),
};

/** The sources of every plan. */
interface Given {
  readonly hub: Roundhouse;
  readonly options: { readonly file: readonly string[]; readonly prune: boolean; readonly resend: boolean };
  readonly out: Output;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** Reads the files. The result can compare them with the hub several times. */
async function preparedFor({ hub, options, out, terminal, signal }: Given) {
  const [{ readFleet }, { planOf }, { Access }, { References }] = await Promise.all([
    import('./document.js'),
    import('./plan.js'),
    import('./kinds/kind.js'),
    import('./secrets.js'),
  ]);
  const fleet = await readFleet(options.file, terminal);
  const references = new References(terminal.env);
  const access = new Access(hub, signal);
  const compare = async () => {
    const plan = await out.progress.during('reading the fleet', planOf(access, fleet, references, options));
    if (plan.problems.length > 0) throw new CommandError(plan.problems.join('\n'));
    return plan;
  };
  return { access, references, compare };
}

/** A plan in JSON. */
async function shownPlan({ tasks, drift, unchanged, secrets, notes }: Plan) {
  const { stepOf } = await import('./plan.js');
  return { steps: tasks.map(stepOf), drift, unchanged, secrets, notes };
}

async function printPlan(out: Output, plan: Plan): Promise<void> {
  const { driftLines, linesOf, summaryOf } = await import('./plan.js');
  const lines = [...plan.tasks.flatMap(linesOf), ...plan.drift.flatMap(driftLines)];
  // A pipe may lead to a terminal, as in `| less`.
  if (lines.length > 0) await out.text(shownLines(lines.join('\n')));
  out.say(summaryOf(plan));
  const missing = plan.secrets.filter(({ problem }) => problem !== null);
  for (const { source, for: users, problem } of missing)
    out.say(`missing: ${source} for ${users.join(', ')}: ${problem}`);
  if (plan.secrets.length > missing.length)
    out.say(`values of references that are there: ${plan.secrets.length - missing.length}`);
  for (const note of plan.notes) out.say(`note: ${note}`);
}

/** `roundhouse plan`. */
export const plan = command({
  name: 'plan',
  summary: 'show what would bring the hub to the state that files describe; exit code 2 if there are changes',
  example: 'roundhouse plan -f fleet.yaml',
  options: { ...fileOptions, save: text('<file>', "keep the plan, for 'roundhouse apply --plan'") },
  async run(context) {
    const { out, options } = context;
    const { compare } = await preparedFor(context);
    const found = await compare();
    const shown = await shownPlan(found);
    if (options.save !== undefined) await writeFile(options.save, `${JSON.stringify(shown.steps, null, 2)}\n`);
    if (out.form === 'people') await printPlan(out, found);
    else if (out.form === 'quiet') await out.list(shown.steps, {}, ({ kind, name }) => `${kind}/${name}`);
    else await out.data(shown);
    if (found.tasks.length + found.drift.length > 0) throw new CommandError('', 'changes');
  },
});

/** `roundhouse apply`. */
export const apply = command({
  name: 'apply',
  summary: 'bring the hub to the state that files describe, after showing the plan',
  example: 'roundhouse apply -f fleet.yaml',
  options: {
    ...fileOptions,
    plan: text('<file>', "a plan that 'roundhouse plan --save' kept: refuse if the fleet has changed since"),
    yes,
  },
  async run(context) {
    const { out, options } = context;
    const [{ access, references, compare }, { applyPlan, checkSamePlan }, { stepOf, summaryOf }] = await Promise.all([
      preparedFor(context),
      import('./apply.js'),
      import('./plan.js'),
    ]);
    const first = await compare();
    if (options.plan !== undefined) checkSamePlan(await savedPlan(options.plan), first.tasks.map(stepOf));
    if (out.form === 'people') await printPlan(out, first);
    const missing = first.secrets.filter(({ problem }) => problem !== null);
    if (missing.length > 0)
      throw new CommandError(missing.map(({ source, problem }) => `${source}: ${problem}`).join('\n'));
    if (first.tasks.length > 0)
      await confirm(out, `Make ${counted(first.tasks.length, 'change')}?`, options.yes || isPiped(context));
    // A person may have taken a while to answer.
    const now = options.yes ? first : await compare();
    checkSamePlan(first.tasks.map(stepOf), now.tasks.map(stepOf));
    let done = 0;
    const { failed } = await applyPlan(access, now, references, ({ action, kind, name }, before) => {
      done = before;
      out.progress.show(`${before} of ${now.tasks.length}: ${action} ${kind} '${name}'`);
    }).catch((error: unknown) => {
      out.say(`changes made: ${done} of ${now.tasks.length}; 'roundhouse apply' makes the others`);
      throw error;
    });
    out.progress.stop();
    const result = { steps: now.tasks.map(stepOf), drift: now.drift, unchanged: now.unchanged, failed };
    await out.done(summaryOf(now, true), result);
    const differing = now.drift.map(
      ({ kind, name }) => `${kind} '${name}': its policy differs, and only the site changes it`,
    );
    const open = [...failed, ...differing];
    if (open.length > 0) throw new CommandError(open.join('\n'), 'outcome');
  },
});

/** Standard input cannot answer a question if the fleet was read from it. */
const isPiped = ({ options, terminal }: Pick<Given, 'options' | 'terminal'>) =>
  options.file.includes('-') && terminal.stdin.isTTY !== true;

async function savedPlan(file: string): Promise<readonly Step[]> {
  try {
    const steps: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (Array.isArray(steps)) return steps;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new CommandError(`${file} is not a plan that 'roundhouse plan --save' kept`);
}

/** `roundhouse export`. */
export const exportCommand = localCommand(
  {
    name: 'export',
    summary: 'print the whole fleet as a file; references stand for its secrets',
    example: 'roundhouse export > fleet.yaml',
    options: { schema: flag('print the JSON Schema of such files instead') },
    async run({ options, out, connection, signal }) {
      if (options.schema) {
        const { fleetSchema } = await import('./document.js');
        const schema = fleetSchema();
        return out.text(JSON.stringify(schema, null, 2), schema);
      }
      const [{ exportFleet }, { Access }, { stringify }] = await Promise.all([
        import('./export.js'),
        import('./kinds/kind.js'),
        import('yaml'),
      ]);
      const access = new Access(await clientOf(await connection(), out.progress), signal);
      const { document, notes } = await out.progress.during('reading the fleet', exportFleet(access));
      for (const note of notes) out.warn(note);
      await out.text(stringify(document, { aliasDuplicateObjects: false, lineWidth: 0 }), document);
    },
  },
  'address',
);
