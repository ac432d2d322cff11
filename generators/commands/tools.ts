import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { installLines } from '../bootstrap/install.ts';
import { checkTool, downloadOf, type ToolName, type Tools, tools } from '../bootstrap/tools.ts';
import { instead } from '../model/nearest.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { type RunTool, ToolError, toolRunner, versionOf } from './bootstrap-tool.ts';
import type { Asked } from './main.ts';

/** How tools are installed on a machine. */
export interface Installing {
  readonly run: RunTool;
  /** `linux-x64`. */
  readonly machine: string;
  /** The folder that they come into. */
  readonly into: string;
  /** The folders where programs are found. */
  readonly path: readonly string[];
  /** One line of progress. */
  readonly say: (line: string) => void;
  /** @default what is pinned */
  readonly pins?: Tools;
}

export async function run({ values, words }: Asked): Promise<void> {
  const names = words.length > 0 ? words.map(named) : (Object.keys(tools) as ToolName[]);
  const machine = `${process.platform}-${process.arch}`;
  const path = (process.env.PATH ?? '').split(delimiter);
  const into = resolve(typeof values.into === 'string' ? values.into : await usualFolder(path));
  if (!values.install) {
    const lines = names.map((name) => ({
      name,
      version: tools[name].version,
      lines: installLines(name, tools[name], machine, into),
    }));
    if (values.json) console.log(JSON.stringify({ version: 1, machine, tools: lines }, null, 2));
    else for (const tool of lines) console.log([`# ${tool.name} ${tool.version}`, ...tool.lines, ''].join('\n'));
    return;
  }
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const tool = toolRunner(process.env, new AbortController().signal);
  const found: Record<string, string> = {};
  for (const name of names) found[name] = await install(name, { run: tool, machine, into, path, say });
  if (values.json) console.log(JSON.stringify({ version: 1, machine, tools: found }, null, 2));
}

function named(word: string): ToolName {
  if (Object.hasOwn(tools, word)) return word as ToolName;
  throw new Misuse(`${word} is not a tool that is pinned; ${instead(word, Object.keys(tools))}`);
}

/** Where programs of everybody are, if this user may write there, and otherwise where the user's own are. */
async function usualFolder(path: readonly string[]): Promise<string> {
  const everybody = '/usr/local/bin';
  if (!path.includes(everybody)) return join(homedir(), '.local/bin');
  return access(everybody, constants.W_OK).then(
    () => everybody,
    () => join(homedir(), '.local/bin'),
  );
}

/**
 * Installs a tool where it is missing or too old.
 * @returns the version that is found afterwards
 * @throws {Refusal} where no checksum is known for the machine, a checksum is another one, or another program of this
 * name comes first on the PATH
 */
export async function install(
  name: ToolName,
  { run: tool, machine, into, path, say, pins = tools }: Installing,
): Promise<string> {
  const { version, otherwise } = pins[name];
  const there = await toolThere(name, tool);
  if (there !== undefined) {
    say(`${name} ${there} is there`);
    return there;
  }
  const download = downloadOf(pins[name], machine);
  if (!download)
    throw new Refusal(
      `${name} is missing or too old, and no checksum of it is known for ${machine}. Install ${version} or later yourself: ${otherwise}.`,
    );
  if (!path.some((folder) => folder !== '' && resolve(folder) === into))
    throw new Misuse(
      `${into} is not on the PATH, so that nothing would find ${name} there: add it, or name a folder with --into.`,
    );
  await mkdir(into, { recursive: true });
  say(`${name} ${version}: fetching …`);
  const dir = await mkdtemp(join(tmpdir(), 'slipway-tools-'));
  try {
    const script = [`cd '${dir}'`, ...installLines(name, pins[name], machine, into)].join('\n');
    await tool({ argv: ['bash', '-euo', 'pipefail', '-c', script] });
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    const why = error.said.trim().split('\n').slice(-2).join(' ');
    throw new Refusal(`${name} ${version} of ${download.url} was not installed in ${into}: ${why}`, { cause: error });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
  const found = await toolThere(name, tool);
  if (found === undefined)
    throw new Refusal(
      `${name} ${version} is in ${into}, and another one comes first on the PATH: take that away, or put ${into} before it.`,
    );
  say(`${name} ${found}: installed in ${into}`);
  return found;
}

/** Its version, where it is there and new enough. */
export async function toolThere(name: ToolName, tool: RunTool): Promise<string | undefined> {
  try {
    return checkTool(name, await versionOf(name, tool));
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
