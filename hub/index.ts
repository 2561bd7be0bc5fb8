import type { startHub as start } from './main.js';

/** The entry of the package: the command line, and the hub for programs that embed one. Each part is loaded when it is first used. */

export { ConfigError, readConfig } from './config.js';
export type { HubParts, RunningHub } from './main.js';

/** Runs one `roundhouse` command. `argv` holds the arguments after the program's name. */
export async function run(argv: readonly string[]): Promise<void> {
  const cli = await import('./cli/main.js');
  await cli.run(argv);
}

/** Starts a hub in this process: `startHub` of main.ts. */
export async function startHub(...args: Parameters<typeof start>): ReturnType<typeof start> {
  const hub = await import('./main.js');
  return hub.startHub(...args);
}

/** Loads all of the hub without starting it: what V8 compiles meanwhile can be kept for the next start. */
export async function preload(): Promise<void> {
  await Promise.all([import('./cli/main.js'), import('./main.js')]);
}

/** The OpenAPI document of each API, by the API's name. */
export async function openApiDocuments(): Promise<Map<string, unknown>> {
  const { describedApis } = await import('./apis.js');
  const { openApiOf } = await import('./http/openapi.js');
  return new Map(describedApis().map((api) => [api.name, openApiOf(api)]));
}
