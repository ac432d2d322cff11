/** Whether a value is a mapping of JSON or YAML: no list, and not nothing. */
export const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
