/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
const units: Readonly<Record<string, number>> = {
  ...{ n: 1e-9, u: 1e-6, m: 1e-3, '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
};

/** Any quantity of Kubernetes: `'64Mi'` in bytes, `'50m'` in cores; `NaN`, less than nothing, for what is none. */
export function quantityOf(value: unknown): number {
  const [, number, unit = ''] = /^([\d.]+(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(String(value)) ?? [];
  return Number(number) * (units[unit] ?? Number.NaN);
}

/**
 * A quantity as far as definitions here may write one: `'250m'` is 0.25, `'1Gi'` 1073741824.
 * @throws {Error} when it is none
 */
export function amount(quantity: string): number {
  if (!/^\d+(\.\d+)?(m|[KMGT]i)?$/.test(quantity))
    throw new Error(`${JSON.stringify(quantity)} is no quantity such as '250m' or '1Gi'.`);
  return quantityOf(quantity);
}

/** A number of bytes as Kubernetes itself writes it, without what is less than a mebibyte: `'4Gi'`, `'1536Mi'`. */
export function bytes(number: number): string {
  const [unit, size] = (['Ti', 'Gi', 'Mi'] as const)
    .map((one) => [one, units[one] as number] as const)
    .find(([, one]) => number >= one && number % one === 0) ?? ['Mi', 2 ** 20];
  return `${Math.floor(number / size)}${unit}`;
}
