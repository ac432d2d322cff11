/** Labels as GitLab takes them: a list, or names with commas between. */
export const labelsOf = (given: unknown): string[] => {
  const names = Array.isArray(given) ? given.map(String) : String(given ?? '').split(',');
  return [...new Set(names.map((name) => name.trim()).filter((name) => name !== ''))].sort();
};

/** What an edit makes of them: `labels` says all anew, `add_labels` and `remove_labels` change them. */
export function labelled(now: readonly string[], body: Readonly<Record<string, unknown>>): string[] {
  const base = body.labels === undefined ? now : labelsOf(body.labels);
  const without = new Set(labelsOf(body.remove_labels));
  return labelsOf([...base, ...labelsOf(body.add_labels)].filter((name) => !without.has(name)));
}

/** Whether a question for labels finds these: all that it names, or GitLab's words `None` and `Any`. */
export function areAskedFor(labels: readonly string[], asked: string | null): boolean {
  if (asked === null || asked === '') return true;
  if (/^none$/i.test(asked)) return labels.length === 0;
  if (/^any$/i.test(asked)) return labels.length > 0;
  return labelsOf(asked).every((name) => labels.includes(name));
}
