import { useState } from 'react';
import { CopyButton } from '../forms.js';
import { hubAddress } from '../hub.js';
import { Output } from '../ui.js';

interface CopiedCall {
  readonly server: { readonly id: string; readonly name: string };
  readonly tool: string;
  /** The arguments, or their JSON text. */
  readonly given: Record<string, unknown> | string;
}

const forms = ['curl', 'TypeScript', 'Python', 'MCP'] as const;
type Form = (typeof forms)[number];

/** The call, as code for the user's own program. The code has a variable for the key, since the page has no key. */
export function CopyCall(call: CopiedCall) {
  const [form, setForm] = useState<Form>('curl');
  const text = textOf(form, call);
  return (
    <details>
      <summary>Copy this call</summary>
      <div className="filters">
        <label>
          Copy as
          <select value={form} onChange={(event) => setForm(event.target.value as Form)}>
            {forms.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <CopyButton text={text} />
      </div>
      <Output label={`The call as ${form}`} text={text} />
    </details>
  );
}

function textOf(form: Form, { server, tool, given }: CopiedCall): string {
  const args = typeof given === 'string' ? (parsed(given) ?? {}) : given;
  const json = (value: unknown) => JSON.stringify(value, null, 2);
  if (form === 'curl') {
    const body = json({ serverId: server.id, arguments: args });
    const url = `${hubAddress}/api/tools/${encodeURIComponent(tool)}/invoke`;
    return [
      `curl --request POST ${quoted(url)} \\`,
      '  --header "Authorization: Bearer $ROUNDHOUSE_API_KEY" \\',
      "  --header 'Content-Type: application/json' \\",
      `  --data ${quoted(body)}`,
    ].join('\n');
  }
  if (form === 'TypeScript')
    return [
      "import { Roundhouse } from '@roundhouse/sdk';",
      '',
      `const hub = new Roundhouse({ baseUrl: ${JSON.stringify(hubAddress)}, apiKey: process.env.ROUNDHOUSE_API_KEY });`,
      `const result = await hub.connect.tools.invoke(${JSON.stringify(tool)}, {`,
      `  serverId: ${JSON.stringify(server.id)},`,
      `  arguments: ${indented(json(args))},`,
      '});',
      'console.log(result.content);',
    ].join('\n');
  if (form === 'Python')
    return [
      'import json',
      'import os',
      '',
      'from roundhouse import Roundhouse',
      '',
      `hub = Roundhouse(${JSON.stringify(hubAddress)}, api_key=os.environ["ROUNDHOUSE_API_KEY"])`,
      `arguments = json.loads(${pythonText(JSON.stringify(args))})`,
      `result = hub.connect.tools.invoke(${JSON.stringify(tool)}, arguments=arguments, server_id=${JSON.stringify(server.id)})`,
      'print(result["content"])',
    ].join('\n');
  return [
    `POST ${hubAddress}/mcp/servers/${encodeURIComponent(server.name)}`,
    'Authorization: Bearer $ROUNDHOUSE_API_KEY',
    '',
    json({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: tool, arguments: args } }),
  ].join('\n');
}

/** A text as one word of a shell. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
const indented = (text: string) => text.replaceAll('\n', '\n  ');
/** A JSON text as a Python string: both have the same escapes, except for the quotes. */
const pythonText = (text: string) => JSON.stringify(text);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
