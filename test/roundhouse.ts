export * from './kit/agent.js';
export * from './kit/command-line.js';
export * from './kit/hub.js';
export * from './kit/program.js';
export * from './kit/servers.js';
