import type { RequestHandler, Response } from 'express';
import { sendUnavailable } from './problem.ts';

export type LiveProps = {
  /** Gives the number of hits and counts nothing. It settles within a deadline of its own. */
  read: () => Promise<number>;
  /** Milliseconds between the end of one read and the next. */
  everyMs: number;
  /** How many streams are open at once; more are refused. */
  maxStreams: number;
  /** Milliseconds between comments, which keep proxies from taking a quiet stream for a dead one. @default 15000 */
  commentEveryMs?: number;
  /** Numbers from 0 to below 1. @default Math.random */
  random?: () => number;
};

/** The number of hits as server-sent events: `hits` with `{"hits":N}`, and `unavailable` while it cannot be read. */
export type Live = {
  /** Opens one stream. Beyond the limit it refuses with 503, and after `close` it ends the stream at once. */
  handler: RequestHandler;
  /** Ends all streams, for good. Browsers come back by themselves, and find whoever serves by then. */
  close(): void;
  /** How many are open. */
  readonly streams: number;
};

const RETRY_MS = 1_000;
const RETRY_REFUSED_S = 5;

// Some hundred events: who has not read those does not read at all.
const UNREAD_BYTES = 16_384;

const UNAVAILABLE = 'event: unavailable\ndata: {}\n\n';

/**
 * One reader for all streams of the process; it reads only while somebody listens.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export function createLive(props: LiveProps): Live {
  const { read, everyMs, maxStreams, commentEveryMs = 15_000, random = Math.random } = props;
  const streams = new Set<Response>();
  let reading = false;
  let closed = false;
  let last: string | undefined;
  let comments: NodeJS.Timeout | undefined;

  const send = (stream: Response, text: string) => {
    // Ended or left, but its close was not told yet: to write to it would be a fault that nobody handles.
    if (stream.writableEnded || stream.destroyed) return;
    if (stream.writableLength > UNREAD_BYTES) stream.destroy();
    else stream.write(text);
  };

  const tell = (event: string) => {
    if (event === last) return;
    last = event;
    for (const stream of streams) send(stream, event);
  };

  const poll = async () => {
    const event = await read().then(
      (hits) => `event: hits\ndata: {"hits":${hits}}\n\n`,
      () => UNAVAILABLE,
    );
    if (streams.size > 0) {
      tell(event);
      setTimeout(poll, everyMs).unref();
      return;
    }
    reading = false;
    // By the time somebody listens again it is an old one.
    last = undefined;
  };

  const enter = (stream: Response) => {
    streams.add(stream);
    stream.once('close', () => {
      streams.delete(stream);
      if (streams.size === 0) clearInterval(comments);
    });
    if (streams.size === 1) {
      comments = setInterval(() => {
        for (const listening of streams) send(listening, ':\n\n');
      }, commentEveryMs).unref();
    }
    if (last) send(stream, last);
    if (reading) return;
    reading = true;
    void poll();
  };

  const handler: RequestHandler = (request, response) => {
    if (streams.size >= maxStreams) {
      sendUnavailable(response, 'Too many are listening at the moment.', RETRY_REFUSED_S);
      return;
    }
    response.set({
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      // nginx would hold the events back until a buffer is full.
      'X-Accel-Buffering': 'no',
      // Otherwise the end of a stream leaves an idle connection behind, for which a shutdown would wait.
      Connection: 'close',
    });
    response.locals.isStream = true;
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    // Whoever has left already closes no more, and would be listed for ever.
    if (response.destroyed) return;
    // They come back at different moments when all are sent away in one.
    response.write(`retry: ${Math.round(RETRY_MS * (1 + random()))}\n\n`);
    // Refused, a browser would not come back. It still has connections to an instance that is going away.
    if (closed) response.end();
    else enter(response);
  };

  return {
    handler,
    close: () => {
      closed = true;
      for (const stream of streams) stream.end();
    },
    get streams() {
      return streams.size;
    },
  };
}
