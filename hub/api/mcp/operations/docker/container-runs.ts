import { form } from '@roundhouse/proto/wording';
import { Type } from 'typebox';
import type { McpCall } from '../../call.js';
import { granted, operation } from '../operation.js';
import { shownContainer } from './containers.js';
import { choiceOf, container, engine, image, variables, words } from './input.js';

/** The longest output of a command: a model reads it. */
const OUTPUT_BYTES = 256 * 1024;

const text = (description: string, maxLength = 1024) => Type.String({ maxLength, default: '', description });
const texts = (description: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 1024 }), { maxItems: 50, default: [], description });

/** New containers, and commands in those that run. */
export const containerRunOperations = [
  operation({
    name: 'roundhouse_run_container',
    title: 'Run a container',
    description:
      'Create a Docker container from an image and start it in the background; the image is pulled where it is not there. See roundhouse_get_container_logs for what it prints.',
    permission: 'docker.execute',
    effect: 'destructive',
    audit: {
      action: 'container.run',
      subject: 'image',
      details: ({ docker }, input) => ({ ...docker.runs.audited(input) }),
    },
    input: Type.Object({
      ...engine,
      image,
      name: text('The name of the container; empty: the engine makes one up', 128),
      command: Type.Array(words.items, { maxItems: 256, default: [], description: "In place of the image's own" }),
      entrypoint: text("A program in place of the image's own"),
      env: variables,
      labels: Type.Record(Type.String({ minLength: 1, maxLength: 256 }), Type.String({ maxLength: 4096 }), {
        default: {},
        maxProperties: 1000,
      }),
      ports: texts('Each as [[address:]port:]port[/protocol]'),
      volumes: texts(
        "Each as [source:]target[:options]; a source that begins with / is a folder of the site's machine",
      ),
      network: text('Such as bridge, host, none or the name of one', 255),
      user: text('Name or id', 128),
      workdir: text('An absolute path'),
      restart: Type.String({
        default: 'no',
        maxLength: 32,
        ...form(
          'must be no, always, unless-stopped, on-failure or on-failure:COUNT',
          '^(no|always|unless-stopped|on-failure(:[0-9]{1,9})?)$',
        ),
        description: 'no, on-failure, on-failure:TIMES, always or unless-stopped',
      }),
      memory: text('Such as 512m', 32),
      cpus: text('Such as 1.5', 32),
      init: Type.Boolean({ default: false, description: 'A first process that ends orphaned processes' }),
      readOnly: Type.Boolean({ default: false, description: 'It may write into its volumes only' }),
      autoRemove: Type.Boolean({ default: false, description: 'Removed when it ends, and its log with it' }),
      pull: Type.Enum(['missing', 'always', 'never'], { default: 'missing' }),
    }),
    async run({ docker }, input, call) {
      const { choice, ...spec } = choiceOf(input);
      const waiting = { signal: call.signal, onProgress: tellNotes(call) };
      return shownContainer(await docker.runs.run(granted(call.origin), choice, spec, waiting));
    },
  }),
  operation({
    name: 'roundhouse_exec_in_container',
    title: 'Run a command in a container',
    description:
      'Run a command in a running Docker container and get what it prints and its exit code. No shell reads it: use ["sh", "-c", "…"] for one. Cancelling ends the command.',
    permission: 'docker.execute',
    effect: 'destructive',
    audit: {
      action: 'container.exec',
      subject: 'container',
      details: ({ docker }, input) => ({ ...docker.runs.audited(input) }),
    },
    input: Type.Object({
      ...engine,
      container,
      command: Type.Array(words.items, { minItems: 1, maxItems: 256, description: 'The program and its arguments' }),
      stdin: Type.Optional(
        Type.String({ maxLength: 1024 * 1024, description: "The command's input, which ends there" }),
      ),
      env: variables,
      user: text('Name or id', 128),
      workdir: text('An absolute path'),
      timeout: Type.Integer({ minimum: 1, maximum: 3600, default: 60, description: 'Seconds; then it is ended' }),
    }),
    run({ docker }, input, { origin, signal }) {
      const { choice, stdin, timeout, ...command } = choiceOf(input);
      const read = stdin === undefined ? {} : { stdin: Buffer.from(stdin) };
      const limits = { timeoutMs: timeout * 1000, maxOutputBytes: OUTPUT_BYTES };
      return docker.runs.exec(granted(origin), choice, { ...command, ...read, ...limits }, { signal });
    },
  }),
];

/** Tells the client of the agent's progress notes. */
export function tellNotes({ onProgress }: McpCall): ((progress: number, message: string) => void) | undefined {
  return onProgress && ((progress, message) => onProgress(JSON.stringify({ progress, message })));
}
