import { randomUUID } from 'node:crypto';

/**
 * The variable in the environment of every process that this agent starts, `<label>:<this run of the agent>:<number>`. Processes pass it on
 * to their own children, into other sessions too. So the agent finds all processes of a launch, and no others.
 */
export const markerName = 'ROUNDHOUSE_SERVER';

/** This run of the agent. */
export const boot = randomUUID();

let launches = 0;

/** The marker of one launch; `label` says what for, such as a server's id. */
export function newMarker(label: string): string {
  launches += 1;
  return `${label}:${boot}:${launches}`;
}

/** The run of the agent that a marker belongs to; empty for text that is not a marker. */
export function bootOf(marker: string): string {
  return /:([0-9a-f-]{36}):\d+$/.exec(marker)?.[1] ?? '';
}

const assignment = Buffer.from(`${markerName}=`);

/** The marker in an environment as the system keeps it (entries ended by NUL); empty for none. */
export function markerIn(environment: Buffer): string {
  for (let at = environment.indexOf(assignment); at >= 0; at = environment.indexOf(assignment, at + 1)) {
    if (at > 0 && environment[at - 1] !== 0) continue;
    const end = environment.indexOf(0, at);
    return environment.toString('latin1', at + assignment.length, end < 0 ? environment.length : end);
  }
  return '';
}
