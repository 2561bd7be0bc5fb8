/** The entry of the package: the hub as a program, and its parts for programs that embed a hub. Each part is loaded when it is first used. */

import type { StartLocalAgent } from './cli/programs.js';

/**
 * Runs `roundhouse hub`, `roundhouse hubs` or `roundhouse restore`. `argv` holds the arguments after the program's name.
 * @param startAgent starts an agent in the process of the hub
 */
export async function run(argv: readonly string[], startAgent?: StartLocalAgent): Promise<void> {
  const programs = await import('./cli/programs.js');
  await programs.run(argv, startAgent);
}

/** The parts by which a program runs a hub in its own process: its settings, its log, and the start. */
export async function embedding() {
  const [{ startHub }, { readConfig }, { createLog }, { LogFiles }, { Redactor }] = await Promise.all([
    import('./main.js'),
    import('./config.js'),
    import('./host/log.js'),
    import('./host/log-files.js'),
    import('./domain/audit/redactor.js'),
  ]);
  return { startHub, readConfig, createLog, LogFiles, Redactor };
}

/** Loads all of the hub without starting it, so that V8's compiled code can be stored for the next start. */
export async function preload(): Promise<void> {
  await Promise.all([import('./cli/programs.js'), embedding()]);
}

/** The OpenAPI document of each API, by the API's name. */
export async function openApiDocuments(): Promise<Map<string, unknown>> {
  const { describedApis } = await import('./apis.js');
  const { openApiOf } = await import('./http/openapi/openapi.js');
  return new Map(describedApis().map((api) => [api.name, openApiOf(api)]));
}

/** The further parts of the reference: the least role of each permission, each API's answer to each failure, and the settings. */
export async function reference() {
  const [{ permissions }, { DomainError, errorCodes }, { describedApis }, { settings }] = await Promise.all([
    import('./domain/access/permissions.js'),
    import('./domain/errors.js'),
    import('./apis.js'),
    import('./config.js'),
  ]);
  const apis = describedApis().filter(({ plainOnly }) => !plainOnly);
  const failures = errorCodes.map((code) => ({
    code,
    answers: apis.map(({ name, envelope }) => {
      const { status, body } = envelope.failure(new DomainError(code, ''), { requestId: '', timestamp: '' });
      const failure = JSON.parse(body) as { readonly code?: string; readonly error: { readonly code: string } };
      return { api: name, status, code: failure.code ?? failure.error.code };
    }),
  }));
  return { permissions, failures, settings };
}
