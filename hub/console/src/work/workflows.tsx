import type { automation } from '@roundhouse/sdk';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { hub } from '../hub.js';
import { useMay } from '../session.js';

/** The definitions of all workflows that the user may see. */
export function useWorkflows(): UseQueryResult<automation.Workflow[]> {
  return useQuery({
    queryKey: ['workflows'],
    queryFn: async ({ signal }) => (await hub.automation.orchestration.listWorkflows({ signal })).workflows,
  });
}

/** The ids of stored definitions with their names, as far as the user may read them. The other workflows cannot be changed. */
export function useDefinitions(): readonly { readonly id: string; readonly name: string }[] {
  const may = useMay();
  const { data } = useQuery({
    queryKey: ['definitions', 'workflow'],
    queryFn: ({ signal }) => hub.backend.mcpDefinitions.list({ mcp_type: 'workflow', limit: 1000 }, { signal }),
    enabled: may('definition.read'),
  });
  return data?.items ?? [];
}

/** The name of a run's workflow. A run of a stored definition names the definition's id. */
export function useWorkflowNames(): (workflow: string) => string {
  const definitions = useDefinitions();
  return (workflow) => definitions.find(({ id }) => id === workflow)?.name ?? workflow;
}

/** The name of a step for other steps and for results. */
export function keyOf({ id, name }: Pick<automation.WorkflowStepDefinition, 'id' | 'name'>): string {
  return id ?? name ?? '';
}

interface Node {
  readonly key: string;
  readonly kind: string;
  readonly row: number;
  readonly column: number;
  /** The steps that end before it begins. */
  readonly needs: readonly string[];
  /** It runs only if one of these steps fails. */
  readonly compensates: readonly string[];
}

/** Places the steps of a workflow. Each step is one row below the last of the steps that it needs. */
export function placed(steps: readonly automation.WorkflowStepDefinition[]): readonly Node[] {
  const compensated = new Map<string, string[]>();
  for (const step of steps)
    if (typeof step.on_error === 'object')
      for (const key of step.on_error.compensate) compensated.set(key, [...(compensated.get(key) ?? []), keyOf(step)]);
  const needs = new Map<string, readonly string[]>();
  let before: readonly string[] = [];
  for (const step of steps) {
    const key = keyOf(step);
    const compensates = compensated.get(key);
    needs.set(key, compensates ?? step.needs ?? before);
    if (!compensates) before = [key];
  }
  const rows = new Map<string, number>();
  const rowOf = (key: string, way: readonly string[] = []): number => {
    const known = rows.get(key);
    if (known !== undefined || way.includes(key)) return known ?? 0;
    const row = Math.max(-1, ...(needs.get(key) ?? []).map((one) => rowOf(one, [...way, key]))) + 1;
    rows.set(key, row);
    return row;
  };
  const widths = new Map<number, number>();
  return steps.map((step) => {
    const key = keyOf(step);
    const row = rowOf(key);
    const column = widths.get(row) ?? 0;
    widths.set(row, column + 1);
    const compensates = compensated.get(key) ?? [];
    return { key, kind: step.kind, row, column, needs: needs.get(key) ?? [], compensates };
  });
}

const BOX = { width: 190, height: 46, gapX: 24, gapY: 34 };
const MOST_LETTERS = 22;

/** The steps of a workflow with lines from the steps that they need. @param states the state of each step of a run, by its key */
export function WorkflowGraph(props: {
  readonly steps: readonly automation.WorkflowStepDefinition[];
  readonly states?: Readonly<Record<string, string>>;
}) {
  const nodes = placed(props.steps);
  const at = new Map(nodes.map((node) => [node.key, node]));
  const columns = Math.max(0, ...nodes.map(({ column }) => column)) + 1;
  const rows = Math.max(0, ...nodes.map(({ row }) => row)) + 1;
  const width = columns * (BOX.width + BOX.gapX);
  const height = rows * (BOX.height + BOX.gapY);
  const left = ({ column }: Node) => column * (BOX.width + BOX.gapX) + BOX.gapX / 2;
  const top = ({ row }: Node) => row * (BOX.height + BOX.gapY) + BOX.gapY / 2;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keyboard
    <section className="scroll" tabIndex={0} aria-label="Graph">
      <svg
        className="graph"
        width={width}
        height={height}
        role="img"
        aria-label="The steps, each below the steps before it"
      >
        {nodes.flatMap((node) =>
          node.needs.map((key) => {
            const from = at.get(key);
            if (!from) return null;
            const [x1, y1] = [left(from) + BOX.width / 2, top(from) + BOX.height];
            const [x2, y2] = [left(node) + BOX.width / 2, top(node)];
            const middle = (y1 + y2) / 2;
            return (
              <path
                key={`${key}>${node.key}`}
                className={node.compensates.length > 0 ? 'edge compensates' : 'edge'}
                d={`M${x1} ${y1} C${x1} ${middle} ${x2} ${middle} ${x2} ${y2}`}
              />
            );
          }),
        )}
        {nodes.map((node) => {
          const state = props.states?.[node.key] ?? '';
          return (
            <g key={node.key} className={`node node-${state}`}>
              <title>{`${node.key}: ${node.kind}${state && `, ${state}`}`}</title>
              <rect x={left(node)} y={top(node)} width={BOX.width} height={BOX.height} rx={8} />
              <text x={left(node) + 10} y={top(node) + 19}>
                {shortened(node.key)}
              </text>
              <text x={left(node) + 10} y={top(node) + 37} className="kind">
                {shortened(state === '' ? node.kind : `${node.kind} · ${state}`)}
              </text>
            </g>
          );
        })}
      </svg>
    </section>
  );
}

function shortened(text: string): string {
  return text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS - 1)}…` : text;
}
