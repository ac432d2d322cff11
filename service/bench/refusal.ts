/** Why there is nothing to measure, in one sentence for whoever asked. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly exitCode: 1 | 2;

  /** @param exitCode 2 when it was asked for wrongly, or a program is missing; 1 when a side did not do its work */
  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
