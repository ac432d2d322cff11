/**
 * Whether an answer of HTTP/1.1 has come whole, for a connection on which one request at a time is asked.
 * @param received all that came since the request, one character a byte
 * @throws {Error} when it is another answer than 200, or does not say how long it is
 */
export function isWhole(received: string): boolean {
  const head = received.indexOf('\r\n\r\n');
  if (head < 0) return false;
  if (!received.startsWith('HTTP/1.1 200 '))
    throw new Error(`It answered ${received.slice(0, received.indexOf('\r'))}.`);
  const length = /\r\ncontent-length: *(\d+)/i.exec(received)?.[1];
  if (length === undefined) throw new Error('Its answer does not say how long it is.');
  return received.length >= head + 4 + Number(length);
}
