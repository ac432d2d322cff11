const binary: Readonly<Record<string, number>> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };

/**
 * A quantity of Kubernetes as a number, as far as definitions here may write one: `'250m'` is 0.25, `'1Gi'` 1073741824.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 * @throws {Error} when it is none
 */
export function amount(quantity: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(m|[KMGT]i)?$/.exec(quantity) ?? [];
  if (number === undefined) throw new Error(`${JSON.stringify(quantity)} is no quantity such as '250m' or '1Gi'.`);
  return unit === 'm' ? Number(number) / 1000 : Number(number) * (binary[unit] ?? 1);
}

/** A number of bytes as Kubernetes itself writes it, without what is less than a mebibyte: `'4Gi'`, `'1536Mi'`. */
export function bytes(number: number): string {
  const [unit, size] = (['Ti', 'Gi', 'Mi'] as const)
    .map((one) => [one, binary[one] as number] as const)
    .find(([, one]) => number >= one && number % one === 0) ?? ['Mi', 2 ** 20];
  return `${Math.floor(number / size)}${unit}`;
}
