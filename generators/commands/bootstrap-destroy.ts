import { formatCommand } from '../bootstrap/command.ts';
import { costsOf, farewell } from '../bootstrap/costs.ts';
import type { Cloud } from '../bootstrap/plan.ts';
import { Refusal } from '../model/refusal.ts';
import { Interrupted, parsedAnswer, type RunTool, ToolError } from './bootstrap-tool.ts';

/** What would go on costing once a cluster is deleted, and what a person types to delete it. Nothing is deleted here. */
export async function describeDestroy(run: RunTool, cloud: Cloud): Promise<string[]> {
  const lines = ['Nothing is deleted by this. What would go on costing when the cluster is gone:', ''];
  const costs = costsOf(cloud);
  const found = await Promise.all(costs.map(({ look, names }) => looked(run, look, names)));
  for (const [index, { what, why, look }] of costs.entries()) {
    const there = found[index] ?? 'nobody asked';
    const said = typeof there === 'string' ? `not known: ${there}` : there.length > 0 ? there.join(', ') : 'none';
    const indent = ''.padEnd(26);
    lines.push(`  ${what.padEnd(26)}  ${said}`, `  ${indent}  ${why}`, `  ${indent}  ${formatCommand(look)}`);
  }
  if (found.some((there) => typeof there === 'string'))
    lines.push(
      '',
      'AWS did not tell everything, and why stands beside it: put that right (sign in, or install the AWS CLI 2), and run this again.',
    );
  lines.push(
    '',
    'To delete the cluster, in this order (its buckets, keys and volumes stay until somebody deletes them):',
    '',
  );
  for (const command of farewell(cloud, cloud.kubeconfig)) lines.push(`  ${formatCommand(command)}`);
  return lines;
}

/** What is there, or why nobody knows. */
async function looked(
  run: RunTool,
  look: Parameters<RunTool>[0],
  names: (answer: unknown) => readonly string[],
): Promise<readonly string[] | string> {
  try {
    return names(parsedAnswer(look, await run(look)));
  } catch (error) {
    if (error instanceof Interrupted || !(error instanceof Refusal)) throw error;
    // The command stands beside it.
    return error instanceof ToolError ? error.said.trim().split('\n').at(-1) || 'it failed' : error.message;
  }
}
