import { IncomingMessage, ServerResponse } from 'node:http';
import type { Express } from 'express';

/**
 * The classes that a server of an Express app makes its requests and responses of. Express changes the prototype of each
 * of them, and V8 no longer knows the shape of an object to which that was done; made with it, they keep it.
 * Call it once: the app takes their prototypes for its own.
 */
export function messagesOf(app: Express): {
  IncomingMessage: typeof IncomingMessage;
  ServerResponse: typeof ServerResponse;
} {
  class Request extends IncomingMessage {}
  class Answer<T extends IncomingMessage> extends ServerResponse<T> {
    locals = {};
  }
  Object.setPrototypeOf(Request.prototype, app.request);
  Object.setPrototypeOf(Answer.prototype, app.response);
  app.request = Request.prototype as unknown as Express['request'];
  app.response = Answer.prototype as unknown as Express['response'];
  return { IncomingMessage: Request, ServerResponse: Answer as unknown as typeof ServerResponse };
}
