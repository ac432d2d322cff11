import { readdirSync, readFileSync } from 'node:fs';

/** What some processes take. */
export interface Usage {
  readonly processes: number;
  /** Resident, in bytes; what several share counts for each. */
  readonly memory: number;
}

/**
 * What a world itself takes, and apart from it what it runs for others. Only Linux tells.
 * https://www.kernel.org/doc/html/latest/filesystems/proc.html
 * @param pid of the world
 */
export function usageOf(pid: number): { readonly world: Usage; readonly workloads: Usage } | undefined {
  if (process.platform !== 'linux') return undefined;
  const children = Map.groupBy(running(), ({ parent }) => parent);
  const [world, workloads]: Running[][] = [[], []];
  const visit = (found: Running, isWorkload: boolean): void => {
    (isWorkload ? workloads : world)?.push(found);
    // A workload is held by lifeline.sh; what else the world starts, such as git, is its own.
    for (const child of children.get(found.pid) ?? [])
      visit(child, isWorkload || child.command.includes('lifeline.sh'));
  };
  const root = [...children.values()].flat().find((one) => one.pid === pid);
  if (root) visit(root, false);
  return { world: sum(world ?? []), workloads: sum(workloads ?? []) };
}

interface Running {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  readonly memory: number;
}

const sum = (processes: readonly Running[]): Usage => ({
  processes: processes.length,
  memory: processes.reduce((total, { memory }) => total + memory, 0),
});

function running(): Running[] {
  const numbers = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return numbers.flatMap((number) => {
    try {
      const status = readFileSync(`/proc/${number}/status`, 'utf8');
      const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
      const command = readFileSync(`/proc/${number}/cmdline`, 'utf8');
      return [{ pid: Number(number), parent: field('PPid'), command, memory: field('VmRSS') * 1024 }];
    } catch {
      // It ended in the meantime.
      return [];
    }
  });
}
