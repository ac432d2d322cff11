/** What a person can act on. The message is one sentence that names the file, field, branch or address, and the next step. */
export class Refusal extends Error {
  /** 1: it was asked rightly and could not be done. */
  readonly exitCode: number = 1;
  override readonly name: string = 'Refusal';
}

/** The command was called wrongly, or a definition in the repository is wrong: nothing was tried. */
export class Misuse extends Refusal {
  override readonly exitCode = 2;
  override readonly name = 'Misuse';
}

/** Something is kept from us, perhaps rightly: a setting that a token may not read. No sign that anything is wrong. */
export class Unreadable extends Refusal {
  override readonly name = 'Unreadable';
}

/** A repository holds nothing yet that was published. */
export class Unpublished extends Refusal {
  override readonly name = 'Unpublished';
}

/** A forge does not have the commit that was asked about, perhaps not yet. */
export class Unknown extends Refusal {
  override readonly name = 'Unknown';
}
