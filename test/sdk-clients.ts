import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Test } from 'tap';
import {
  fastmcpFolder,
  goCacheFolder,
  goClientCache,
  goClientFolder,
  newerGoPath,
  pythonFolder,
  pythonPath,
} from '../deploy/local/parts.mjs';
import { ADMIN_KEY, type Hub } from './roundhouse.js';
import { tempFolder } from './temp-folder.js';

const run = promisify(execFile);
const python = fileURLToPath(new URL('fixtures/mcp/python-client.py', import.meta.url));

/** The era that a client asks for first: `auto` is its SDK's default. */
export type ClientMode = 'legacy' | 'auto';

/** Runs a client against a path of the hub, with its further arguments; resolves with its findings. @throws with its standard error */
// biome-ignore lint/suspicious/noExplicitAny: a test asserts the shape of the answers
export type SdkClient = (hub: Hub, path: string, mode: ClientMode, ...args: string[]) => Promise<any>;

/** A client of `fixtures/mcp/python-client.py`. @param folder its packages */
const pythonProgram =
  (sdk: string, folder: string): SdkClient =>
  async (hub, path, mode, ...args) => {
    const env = { ...process.env, PYTHONPATH: folder, pythonPath };
    const { stdout } = await run(pythonPath, [python, sdk, hub.url + path, ADMIN_KEY, mode, ...args], { env });
    return JSON.parse(stdout);
  };

/** The client on the official Python SDK (`mcp-python`). */
export const pythonClient = pythonProgram('mcp', pythonFolder);

/** FastMCP's client (`mcp-fastmcp`). */
export const fastmcpClient = pythonProgram('fastmcp', fastmcpFolder);

/** Builds the client on the official Go SDK (`mcp-go`): `fixtures/mcp/go-client`. */
export async function buildGoClient(t: Test): Promise<SdkClient> {
  const program = join(tempFolder(t), 'go-client');
  const env = {
    ...process.env,
    CGO_ENABLED: '0',
    GOCACHE: goCacheFolder,
    GOFLAGS: '-buildvcs=false',
    GOMODCACHE: goClientCache,
    GOPROXY: 'off',
    GOTOOLCHAIN: 'local',
    GOWORK: 'off',
  };
  await run(newerGoPath, ['build', '-o', program, '.'], { cwd: goClientFolder, env });
  return async (hub, path, mode, ...args) => {
    const { stdout } = await run(program, [hub.url + path, ADMIN_KEY, mode, ...args]);
    return JSON.parse(stdout);
  };
}
