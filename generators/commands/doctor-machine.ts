import { type ToolName, tools } from '../bootstrap/tools.ts';
import type { Git } from '../git/git.ts';
import type { Finding } from '../model/finding.ts';
import { gitOf, nodeOf, packagesOf, programsOf } from '../model/machine.ts';
import { toolRunner } from './bootstrap-tool.ts';
import { installed, installLine, missingFor, packages } from './setup.mjs';
import { toolThere } from './tools.ts';

/** What this machine has of what Slipway runs. Nothing is installed. */
export async function machineFindings(checkout: Git): Promise<Finding[]> {
  const lacking = missingFor('demo', 'observe', 'tests');
  const needed = lacking.filter(({ optional }) => !optional);
  const left = lacking.filter(({ optional }) => optional);
  return [
    nodeOf(process.versions.node),
    gitOf(await checkout.text(['--version'])),
    packagesOf(packages(), installed),
    programsOf('programs', needed, installLine(needed)),
    programsOf('programs that may be left out', left, installLine(left)),
    await toolsOf(),
  ];
}

/** The programs of bootstrap, the pipeline and the runbooks, which come in pinned versions. */
async function toolsOf(): Promise<Finding> {
  const run = toolRunner(process.env, new AbortController().signal);
  const names = (Object.keys(tools) as ToolName[]).filter((name) => name !== 'git');
  const there = await Promise.all(names.map((name) => toolThere(name, run)));
  const missing = names.filter((_, index) => there[index] === undefined);
  const wanted = missing.map((name) => ({
    command: `${name} ${tools[name].version} or later`,
    why: tools[name].why,
  }));
  return programsOf('tools', wanted, `npx slipway tools ${missing.join(' ')} --install`);
}
