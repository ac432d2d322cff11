import { formatCommand } from '../bootstrap/command.ts';
import { costsOf, farewell } from '../bootstrap/costs.ts';
import type { Cloud } from '../bootstrap/plan.ts';
import { Refusal } from '../model/refusal.ts';
import { Interrupted, parsedAnswer, type RunTool } from './bootstrap-tool.ts';

/** What would go on costing once a cluster is deleted, and what a person types to delete it. Nothing is deleted here. */
export async function describeDestroy(run: RunTool, cloud: Cloud): Promise<string[]> {
  const lines = ['Nothing is deleted by this. What would go on costing when the cluster is gone:', ''];
  let unknown: string | undefined;
  for (const { what, why, look, names } of costsOf(cloud)) {
    const found = unknown === undefined ? await looked(run, look, names) : undefined;
    if (typeof found === 'string') unknown = found;
    const said = Array.isArray(found) ? (found.length > 0 ? found.join(', ') : 'none') : 'not known';
    lines.push(
      `  ${what.padEnd(26)}  ${said}`,
      `  ${''.padEnd(26)}  ${why}`,
      `  ${''.padEnd(26)}  ${formatCommand(look)}`,
    );
  }
  if (unknown !== undefined)
    lines.push(
      '',
      `AWS could not be asked (${unknown}), so this is what there may be; sign in and run it again to see what there is.`,
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
    return error.message;
  }
}
