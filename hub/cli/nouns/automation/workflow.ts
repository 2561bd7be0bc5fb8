import type { automation } from '@roundhouse/sdk';
import { argument, command, flag, many, type Noun, parsed, text, yes } from '../../frame/command.js';
import { CommandError } from '../../frame/failures.js';
import type { Columns } from '../../frame/output.js';
import { confirm } from '../../frame/prompt.js';
import { assignment, defined, firstLine, list, seconds, wholeNumber } from '../../frame/values.js';

const columns: Columns<automation.Workflow> = {
  WORKFLOW: ({ name }) => name,
  STEPS: ({ steps }) => steps.length,
  PARAMETERS: ({ parameters }) => Object.keys(parameters).join(', '),
  SHIPPED: ({ shipped }) => shipped,
  DESCRIPTION: ({ description }) => firstLine(description),
};

const planColumns: Columns<automation.PlannedWorkflowStep> = {
  STEP: ({ name }) => name,
  KIND: ({ kind }) => kind,
  DOES: ({ outlook }) => outlook,
  ARGUMENTS: ({ arguments: given }) => firstLine(JSON.stringify(given)),
  UNKNOWN: ({ unknown }) => unknown.join(', '),
  NOTE: ({ problem, reason }) => problem?.message ?? reason ?? '',
};

interface DiffRow {
  readonly what: string;
  readonly left: string;
  readonly right: string;
}

const diffColumns: Columns<DiffRow> = {
  WHAT: ({ what }) => what,
  ONE: ({ left }) => left,
  OTHER: ({ right }) => right,
};

function diffRows({ left, right, definition, parameters, steps }: automation.DiffWorkflowsResult): DiffRow[] {
  const words = (value: unknown) => (value === null ? '' : firstLine(JSON.stringify(value)));
  const rows = (what: string, all: readonly { readonly name: string; left: unknown; right: unknown }[]) =>
    all.map((one) => ({ what: `${what} ${one.name}`, left: words(one.left), right: words(one.right) }));
  const isSame = left.status === right.status;
  return [
    ...(isSame ? [] : [{ what: 'run', left: left.status, right: right.status }]),
    ...rows('definition', definition),
    ...rows('parameter', parameters),
    ...rows('step', steps),
  ];
}

/** `roundhouse workflow`. A run is a job: `roundhouse job` shows and cancels it. */
export const workflow: Noun = {
  name: 'workflow',
  summary: "workflows; 'roundhouse apply' defines them from files, and their runs are jobs ('roundhouse job')",
  commands: [
    command({
      name: 'list',
      summary: 'list the workflows',
      example: 'roundhouse workflow list',
      async run({ hub, out, signal }) {
        const { workflows } = await hub.automation.orchestration.listWorkflows({ signal });
        await out.list(workflows, columns, ({ name }) => name, 'no workflows');
      },
    }),
    command({
      name: 'show',
      summary: 'show the steps and parameters of a workflow',
      example: 'roundhouse workflow show health-check',
      args: { workflow: argument('name of the workflow') },
      async run({ hub, args, out, signal }) {
        const { workflows } = await hub.automation.orchestration.listWorkflows({ signal });
        const found = workflows.find(({ name }) => name === args.workflow);
        if (!found)
          throw new CommandError(
            `there is no workflow '${args.workflow}': 'roundhouse workflow list' shows their names`,
            'missing',
          );
        const { name, description, shipped } = found;
        await out.record(found, { workflow: name, description, shipped }, name);
        if (out.form !== 'people') return;
        out.section('Parameters', Object.entries(found.parameters), {
          PARAMETER: ([parameter]) => parameter,
          MEANING: ([, meaning]) => JSON.stringify(meaning),
        });
        out.section('Steps', found.steps, { STEP: ({ id, name }) => id ?? name, KIND: ({ kind }) => kind });
      },
    }),
    command({
      name: 'run',
      summary: 'run a workflow, now or on a schedule; exit code 6 if a run that is waited for failed',
      example: 'roundhouse workflow run health-check --wait',
      args: { workflow: argument('name of the workflow') },
      options: {
        param: many('<NAME=VALUE>', 'a parameter; JSON where it is valid JSON, else text; repeatable'),
        schedule: text('<when>', 'an ISO 8601 time or a cron expression; default: immediate'),
        timezone: text('<zone>', 'IANA name, such as Europe/Berlin; default: UTC'),
        wait: flag('wait until the run has ended'),
        dryRun: flag('show what a run would do, and do nothing; exit code 6 if a step would fail'),
      },
      async run({ hub, args, options, out, signal }) {
        const { schedule, timezone } = options;
        const parameters = Object.fromEntries(options.param.map((word) => parameterOf(word)));
        if (options.dryRun) {
          if (options.wait || schedule !== undefined)
            throw new CommandError('--dry-run begins no run: leave out --wait and --schedule', 'usage');
          const plan = await hub.automation.orchestration.planWorkflow({ workflow: args.workflow, parameters });
          await out.list(plan.steps, planColumns, ({ name }) => name, 'no steps');
          if (plan.problems > 0) throw new CommandError(`${plan.problems} steps would fail`, 'outcome');
          return;
        }
        const begun = await hub.automation.orchestration.executeWorkflow({
          workflow: args.workflow,
          parameters,
          ...defined({ schedule, timezone }),
        });
        if (!options.wait) return out.text(begun.workflow_id, begun);
        const onProgress = ({ progress }: automation.GetWorkflowResult) =>
          out.progress.show(`${args.workflow}: ${progress} %`);
        const run = await hub.automation.orchestration.wait(begun.workflow_id, { signal, onProgress });
        out.progress.stop();
        if (out.form === 'people')
          out.section(`Run ${run.workflow_id}: ${run.status}`, run.steps, {
            STEP: ({ name }) => name,
            STATUS: ({ status }) => status,
            SECONDS: ({ duration_seconds }) => duration_seconds,
            REASON: ({ reason }) => reason,
            RESULT: ({ name }) => firstLine(JSON.stringify(run.results[name] ?? '')),
          });
        else await out.record(run, {}, run.workflow_id);
        if (run.status !== 'completed')
          throw new CommandError(`the run is ${run.status}${run.error ? `: ${run.error.message}` : ''}`, 'outcome');
      },
    }),
    command({
      name: 'retry',
      summary: 'repeat a run from a step: earlier steps keep their results',
      example: 'roundhouse workflow retry 0197… --from deploy',
      args: { run: argument('id of the run') },
      options: { from: text('<step>', 'id of a step; default: the steps that did not complete') },
      async run({ hub, args, options, out }) {
        const { from } = options;
        const run = await hub.automation.orchestration.retryWorkflow(args.run, defined({ from }));
        out.text(run.workflow_id, run);
      },
    }),
    command({
      name: 'diff',
      summary: 'compare two runs of one workflow',
      example: 'roundhouse workflow diff 0197… 0198…',
      args: { run: argument('id of a run'), other: argument('id of another run') },
      async run({ hub, args, out, signal }) {
        const diff = await hub.automation.orchestration.diffWorkflows(args.run, args.other, { signal });
        if (out.form === 'json' || out.form === 'yaml') return out.data(diff);
        await out.list(diffRows(diff), diffColumns, ({ what }) => what, 'the runs do not differ');
      },
    }),
    command({
      name: 'decide',
      summary: "decide about a step that waits for a person; 'roundhouse job show' shows the question",
      example: "roundhouse workflow decide 0197… approve --comment 'after lunch'",
      args: {
        run: argument('id of the run'),
        decision: argument(`approve or refuse; of a step whose effect is unknown: resume, skip or fail`),
      },
      options: {
        step: text('<name>', 'the step; default: the only step that waits'),
        comment: text('<text>', 'text for people, in the result or the failure of the step'),
        value: many('<NAME=VALUE>', 'a value of the form; JSON where it is valid JSON, else text; repeatable'),
      },
      async run({ hub, args, options, out, signal }) {
        const decision = choices.find((one) => one === args.decision);
        if (!decision) throw new CommandError(`'${args.decision}': expected one of ${choices.join(', ')}`, 'usage');
        const { steps } = await hub.automation.orchestration.getWorkflow(args.run, { signal });
        const waiting = steps.filter(({ waits_for }) => waits_for !== null).map(({ name }) => name);
        const step = options.step ?? (waiting.length === 1 ? waiting[0] : undefined);
        if (step === undefined)
          throw new CommandError(
            waiting.length === 0 ? 'no step of the run waits for a person' : `--step: one of ${waiting.join(', ')}`,
            waiting.length === 0 ? 'outcome' : 'usage',
          );
        const values = Object.fromEntries(options.value.map((word) => parameterOf(word, '--value')));
        const { comment } = options;
        const body = { step, decision, values, ...defined({ comment }) };
        const run = await hub.automation.orchestration.decideWorkflowStep(args.run, body);
        await out.done(`step '${step}': ${decision}`, run);
      },
    }),
  ],
};

const choices = ['approve', 'refuse', 'resume', 'skip', 'fail'] as const;

/** A parameter or a value of the command line. @throws CommandError */
function parameterOf(word: string, option = '--param'): [string, unknown] {
  let pair: readonly [string, string];
  try {
    pair = assignment(word);
  } catch {
    throw new CommandError(`${option} '${word}': expected NAME=VALUE`, 'usage');
  }
  const [name, value] = pair;
  try {
    return [name, JSON.parse(value)];
  } catch {
    return [name, value];
  }
}

type Trigger = automation.WorkflowTrigger;

const triggerColumns: Columns<Trigger> = {
  TRIGGER: ({ name }) => name,
  WORKFLOW: ({ workflow }) => workflow,
  ON: ({ events }) => events?.join(', ') ?? 'webhook',
  ENABLED: ({ enabled, disabled_reason }) => (disabled_reason === null ? enabled : `false: ${disabled_reason}`),
  LAST: ({ last_event }) => last_event?.outcome ?? '',
  OWNER: ({ owner }) => owner,
  ID: ({ id }) => id,
};

const trigger = argument('name or id of the trigger');

/** `roundhouse trigger`. */
export const triggerNoun: Noun = {
  name: 'trigger',
  summary: 'workflows that start when something happens',
  commands: [
    command({
      name: 'list',
      summary: 'list the triggers',
      example: 'roundhouse trigger list',
      async run({ hub, out, signal }) {
        const { triggers } = await hub.automation.orchestration.listTriggers({ signal });
        await out.list(triggers, triggerColumns, ({ name }) => name, 'no triggers');
      },
    }),
    command({
      name: 'create',
      summary: 'start a workflow by events of the hub, or by signed messages; prints the secret of an incoming webhook',
      example: 'roundhouse trigger create remedy health_sweep --on alert.new --debounce 1m',
      args: { name: argument('name of the trigger'), workflow: argument('name of the workflow') },
      options: {
        on: parsed('<types>', 'types of events, with commas; default: an incoming webhook', list),
        // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of workflows
        filter: text('<expression>', 'such as \'${{ event.data.severity == "critical" }}\''),
        param: many('<NAME=VALUE>', 'a parameter; JSON where it is valid JSON, else text with expressions; repeatable'),
        concurrency: parsed('<number>', 'runs that go on at once; default: 1', wholeNumber),
        debounce: parsed('<duration>', 'events within this time start one run together, such as 30s', seconds),
      },
      async run({ hub, args, options: { on, filter, param, concurrency, debounce }, out }) {
        const made = await hub.automation.orchestration.createTrigger({
          name: args.name,
          workflow: args.workflow,
          parameters: Object.fromEntries(param.map((word) => parameterOf(word))),
          ...defined({ events: on as Parameters<typeof hub.automation.orchestration.createTrigger>[0]['events'] }),
          ...defined({ filter, concurrency, debounce }),
        });
        if (made.secret === null) return out.done(`trigger '${made.name}' is there`, made);
        const facts = { trigger: made.name, id: made.id, secret: made.secret };
        await out.record(made, facts, made.secret);
      },
    }),
    command({
      name: 'enable',
      summary: 'enable a trigger; its runs keep the rights of its owner',
      example: 'roundhouse trigger enable remedy',
      args: { trigger },
      async run({ hub, args, out }) {
        const changed = await hub.automation.orchestration.setTrigger(args.trigger, { enabled: true });
        await out.done(`trigger '${changed.name}' is enabled`, changed);
      },
    }),
    command({
      name: 'disable',
      summary: 'disable a trigger; runs that it started go on',
      example: 'roundhouse trigger disable remedy',
      args: { trigger },
      async run({ hub, args, out }) {
        const changed = await hub.automation.orchestration.setTrigger(args.trigger, { enabled: false });
        await out.done(`trigger '${changed.name}' is disabled`, changed);
      },
    }),
    command({
      name: 'remove',
      summary: 'remove a trigger; runs that it started go on',
      example: 'roundhouse trigger remove remedy --yes',
      args: { trigger },
      options: { yes },
      async run({ hub, args, options, out }) {
        await confirm(out, `Remove trigger '${args.trigger}'?`, options.yes);
        await hub.automation.orchestration.deleteTrigger(args.trigger);
        await out.done(`trigger '${args.trigger}' is removed`, { trigger: args.trigger, removed: true });
      },
    }),
  ],
};
