import { Type } from 'typebox';
import type { LogLine } from '../../../../domain/docker/logs.js';
import { invalid } from '../../../../domain/errors.js';
import { granted, operation } from '../operation.js';
import { choiceOf, container, engine } from './input.js';

const moment = (description: string) => Type.Optional(Type.String({ format: 'date-time', maxLength: 64, description }));

/** What containers print. */
export const containerLogOperations = [
  operation({
    name: 'roundhouse_get_container_logs',
    title: 'Logs of a container',
    description:
      'Read the last lines that a Docker container printed, oldest first; with follow, wait for new ones for a while.',
    permission: 'docker.logs',
    effect: 'read',
    input: Type.Object({
      ...engine,
      container,
      lines: Type.Integer({ minimum: 1, maximum: 2000, default: 100, description: 'The last so many' }),
      since: moment('Lines from this time on (ISO 8601)'),
      until: moment('Lines before this time (ISO 8601)'),
      follow: Type.Integer({
        minimum: 0,
        maximum: 600,
        default: 0,
        description: 'Seconds that new lines are waited for; each line is told as progress, too',
      }),
    }),
    run({ docker }, input, { origin, signal, onProgress }) {
      const { choice, container, lines, since, until, follow } = choiceOf(input);
      if (until !== undefined && follow > 0) throw invalid('follow', 'goes with no end (until)');
      const times = { sinceMs: millisecondsOf('since', since), untilMs: millisecondsOf('until', until) };
      let progress = 0;
      const tell = ({ message }: LogLine) => {
        progress += 1;
        onProgress?.(JSON.stringify({ progress, message }));
      };
      const waiting = { signal, onLine: onProgress && tell };
      return docker.logs.read(
        granted(origin),
        choice,
        container,
        { lines, ...times, followMs: follow * 1000 },
        waiting,
      );
    },
  }),
];

function millisecondsOf(field: string, text: string | undefined): number {
  const ms = text === undefined ? 0 : Date.parse(text);
  if (Number.isNaN(ms)) throw invalid(field, 'is no time that exists');
  return ms;
}
