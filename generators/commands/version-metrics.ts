import { exposition } from '../model/exposition.ts';
import { readingFamilies, versionFamilies } from '../model/version-metrics.ts';
import { nothingStands, type Standing } from './survey.ts';

export interface VersionMetricsSettings {
  readonly look: () => Promise<Standing>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** One line for whoever reads the log. */
  readonly say: (line: string) => void;
}

/** What runs where as metrics. Where it cannot be read, the last answer stays, and says how old it is. */
export class VersionMetrics {
  readonly #settings: VersionMetricsSettings;
  #standing: Standing = nothingStands;
  #success: number | undefined;
  #failures = 0;
  #reading: Promise<void> | undefined;

  constructor(settings: VersionMetricsSettings) {
    this.#settings = settings;
  }

  /** Whether it was ever read. */
  get isRead(): boolean {
    return this.#success !== undefined;
  }

  /** Reads it anew; whoever asks meanwhile waits for the same. It never fails: what went wrong is said and counted. */
  read(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** What was read last, in Prometheus' text format. */
  text(): string {
    const { rows, environments } = this.#standing;
    const tips = new Map([...environments].map(([name, { tip }]) => [name, tip]));
    const reading = { success: this.#success, failures: this.#failures };
    return exposition([...versionFamilies(rows, tips, this.#settings.now()), ...readingFamilies(reading)]);
  }

  async #read(): Promise<void> {
    const { look, now, say } = this.#settings;
    try {
      this.#standing = await look();
      this.#success = now();
    } catch (error) {
      this.#failures++;
      say(error instanceof Error ? error.message : String(error));
    }
  }
}
