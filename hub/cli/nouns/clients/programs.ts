import { join } from 'node:path';

/** An MCP client whose file of servers the command line can change. */
export interface ClientProgram {
  readonly name: string;
  readonly title: string;
  /** The member of the file that holds the servers. */
  readonly member: 'mcpServers' | 'servers';
  /** The file, seen from the user's home folder, for each platform; absent platforms take that of Linux. */
  file(home: string, platform: NodeJS.Platform, env: NodeJS.ProcessEnv): string;
}

/** The folder in which desktop programs keep their settings. */
function settingsFolder(
  home: string,
  platform: NodeJS.Platform,
  { APPDATA, XDG_CONFIG_HOME }: NodeJS.ProcessEnv,
): string {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support');
  return platform === 'win32' ? APPDATA || join(home, 'AppData', 'Roaming') : XDG_CONFIG_HOME || join(home, '.config');
}

/** The clients, by the names that the command line takes. */
export const clientPrograms: readonly ClientProgram[] = [
  {
    name: 'claude',
    title: 'Claude Desktop',
    member: 'mcpServers',
    file: (...at) => join(settingsFolder(...at), 'Claude', 'claude_desktop_config.json'),
  },
  { name: 'claude-code', title: 'Claude Code', member: 'mcpServers', file: (home) => join(home, '.claude.json') },
  { name: 'cursor', title: 'Cursor', member: 'mcpServers', file: (home) => join(home, '.cursor', 'mcp.json') },
  {
    name: 'vscode',
    title: 'VS Code',
    member: 'servers',
    file: (...at) => join(settingsFolder(...at), 'Code', 'User', 'mcp.json'),
  },
  {
    name: 'windsurf',
    title: 'Windsurf',
    member: 'mcpServers',
    file: (home) => join(home, '.codeium', 'windsurf', 'mcp_config.json'),
  },
];
