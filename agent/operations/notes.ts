import type { OperationContext } from './operation.js';

/** Sends a driver's notes about its work as progress: `{"progress":number,"message":string}`, each with a higher number. */
export function notesTo(context: Pick<OperationContext, 'progress'>): (line: string) => void {
  let progress = 0;
  return (message) => {
    progress += 1;
    context.progress(Buffer.from(JSON.stringify({ progress, message })));
  };
}
