import { eventually } from '../eventually.fixture.ts';
import type { Send } from './http-client.ts';

const READY = JSON.stringify({ status: 'ready' });

/** Waits until `/readyz` says `ready`. @throws when it does not within fifteen seconds */
export async function untilReady(send: Send): Promise<void> {
  await eventually(async () => {
    const { text } = await send('GET', '/readyz');
    if (text !== READY) throw new Error(`The service is not ready: ${text}`);
  }, 15_000);
}
