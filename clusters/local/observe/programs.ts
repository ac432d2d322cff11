import { Refusal } from '../../../generators/model/refusal.ts';
import { isInstalled } from '../runtime/installed.ts';

/** Debian's programs that watch. */
export const programs = {
  prometheus: 'prometheus',
  promtool: 'promtool',
  blackbox: 'prometheus-blackbox-exporter',
} as const;

/**
 * Refuses where this machine has no Prometheus.
 * @throws {Refusal} with the package that has it
 */
export async function checkPrograms(): Promise<void> {
  for (const program of [programs.prometheus, programs.promtool])
    if (!(await isInstalled(program)))
      throw new Refusal(
        `${program} is not installed, and --observe needs it: install the package prometheus (Debian, Ubuntu: sudo apt-get install -y --no-install-recommends prometheus; Homebrew: brew install prometheus), or leave --observe out.`,
      );
}
