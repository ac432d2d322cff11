// Where the verb of a command line stands. The launcher asks before any package is there, and on a Node that reads no
// TypeScript: so this imports nothing.

/**
 * Every option that takes a value wherever it is taken; command-line.test.ts holds it against the verbs.
 * @type {ReadonlySet<string>}
 */
export const valued = new Set(
  (
    'alertmanager app argo-cd as at blackbox body builds bundle cluster context copy-to digest dry env every folder from ' +
    'history image images into kind kubeconfig limit lines listen out override owner platform port proposal reason ' +
    'remote repository sbom since source to version wait window within'
  )
    .split(' ')
    .map((name) => `--${name}`),
);

/**
 * The verb of a command line, and all that stands around it: options may come before it, and the word behind one that
 * takes a value is that value, whatever it is.
 * @param {readonly string[]} args
 * @returns {{ readonly name?: string, readonly rest: readonly string[] }} no name where no word can be a verb
 */
export function verbIn(args) {
  for (let at = 0; at < args.length; at++) {
    const arg = /** @type {string} */ (args[at]);
    if (arg === '--') break;
    if (!arg.startsWith('-')) return { name: arg, rest: args.filter((_, index) => index !== at) };
    if (valued.has(arg)) at++;
  }
  return { rest: args };
}

/**
 * The words of a command line that are neither an option nor the value of one.
 * @param {readonly string[]} args
 */
export const wordsIn = (args) =>
  args.filter((arg, at) => !arg.startsWith('-') && !valued.has(/** @type {string} */ (args[at - 1])));
