import { setTimeout as delay } from 'node:timers/promises';
import type Dockerode from 'dockerode';
import { endAll } from '../../process/end.js';
import { ownProcesses, type ProcessEntry } from '../../process/table.js';
import type { Engine } from '../engine/engine.js';

/** From the request to end to the kill, and how long that may take, milliseconds. */
const patience = { term: 2000, kill: 5000 } as const;

/** Signals whatever has the marker in its environment. `cat` is all it needs besides the shell. */
const script = `for file in /proc/[0-9]*/environ; do
  case "$(cat "$file" 2>/dev/null)" in
    *"$1"*) id=\${file#/proc/}; kill -s "$2" "\${id%/environ}";;
  esac
done`;

/** A command that is to be ended. */
export interface RunningCommand {
  readonly containerId: string;
  readonly command: Dockerode.Exec;
  /** What it was started with in its environment. */
  readonly marker: string;
}

/**
 * Ends a command that runs in a container, with all that it has started: what carries its marker. Where the engine is on this machine, and this
 * agent may see its processes, by the machine's process table; otherwise by a second command in the container, which needs a shell there.
 * Resolves with whether it has ended.
 * @param marked finds it in the machine's process table.
 */
export async function endCommand(
  engine: Engine,
  { containerId, command, marker }: RunningCommand,
  marked = async (): Promise<ProcessEntry[]> => (await ownProcesses()).filter((entry) => entry.marker === marker),
): Promise<boolean> {
  if ((await endAll(marked, patience)) > 0 && (await hasEnded(engine, command, patience.kill))) return true;
  const signal = async (name: string): Promise<void> => {
    const second = await engine.ask('end the command', async (abortSignal) =>
      (await engine.client())
        .getContainer(containerId)
        .exec({ Cmd: ['/bin/sh', '-c', script, 'sh', marker, name], User: '0:0', abortSignal }),
    );
    // The answer has no content. Until it is read to its end, it keeps its connection open.
    await engine.ask('end the command', async () => (await second.start({ Detach: true })).resume());
  };
  try {
    await signal('TERM');
    await hasEnded(engine, command, patience.term);
    await signal('KILL');
  } catch {
    // The container is gone, and the command with it; or there is no way.
  }
  return hasEnded(engine, command, patience.kill);
}

/** Waits until a command is over. The engine reports no event for that, so this function asks at intervals. */
async function hasEnded(engine: Engine, command: Dockerode.Exec, limitMs: number): Promise<boolean> {
  const end = performance.now() + limitMs;
  for (let wait = 10; ; wait = Math.min(wait * 2, 200)) {
    const running = await engine
      .ask('look at the command', (abortSignal) => command.inspect({ abortSignal }))
      .then(
        (info) => info.Running,
        () => undefined,
      );
    if (running !== true) return running === false;
    if (performance.now() >= end) return false;
    await delay(wait);
  }
}
