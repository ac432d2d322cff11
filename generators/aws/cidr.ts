/** Addresses as `'10.20.0.0/16'`: the first and the last of them, as numbers. https://www.rfc-editor.org/rfc/rfc4632 */
function range(cidr: string): readonly [first: number, last: number] {
  const [address = '', length] = cidr.split('/');
  const number = address.split('.').reduce((value, byte) => value * 256 + Number(byte), 0);
  const size = 2 ** (32 - Number(length));
  const first = number - (number % size);
  return [first, first + size - 1];
}

/** Whether some address is in both: `overlaps('10.0.0.0/8', '10.20.0.0/16')`. */
export function overlaps(a: string, b: string): boolean {
  const [firstA, lastA] = range(a);
  const [firstB, lastB] = range(b);
  return firstA <= lastB && firstB <= lastA;
}

/** What all addresses of it have in common, in bits: `16` of `'10.20.0.0/16'`. */
export const prefixLength = (cidr: string): number => Number(cidr.split('/')[1]);
