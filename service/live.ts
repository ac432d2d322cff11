import type { RequestHandler } from 'express';

export type Live = { handler: RequestHandler; close(): void; readonly streams: number };

export function createLive(_props: { read: () => Promise<number>; everyMs: number; maxStreams: number }): Live {
  return { handler: (_request, _response, next) => next(), close: () => {}, streams: 0 };
}
