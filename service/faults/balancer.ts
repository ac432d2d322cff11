import { createHttpClient, type HttpClient, type Send } from './http-client.ts';

/** Sends each request to one of the instances that say they are ready, in turn, as a Service of Kubernetes would. */
export type Balancer = {
  /** Nothing is tried again. @throws as Send does, and when no instance is ready */
  send: Send;
  /** Follows the readiness of one more instance. @param url without a path */
  add(url: string): Instance;
  /** Forgets all instances. */
  close(): void;
};

export type Instance = {
  readonly ready: boolean;
  /** How many requests it was sent. */
  readonly sent: number;
  /** Forgets it. */
  remove(): void;
};

type Followed = { client: HttpClient; ready: boolean; sent: number };

const POLL_EVERY_MS = 50;

/** A balancer without instances. */
export function createBalancer(): Balancer {
  const instances = new Set<Followed>();
  let turn = 0;

  const follow = async (instance: Followed) => {
    while (instances.has(instance)) {
      const polled = new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS));
      instance.ready = await instance.client.send('GET', '/readyz').then(
        ({ status }) => status === 200,
        () => false,
      );
      await polled;
    }
  };

  const remove = (instance: Followed) => {
    instances.delete(instance);
    instance.client.close();
  };

  return {
    send: async (...request) => {
      const ready = [...instances].filter((instance) => instance.ready);
      const chosen = ready[turn++ % ready.length];
      if (!chosen) throw new Error('No instance is ready.');
      chosen.sent += 1;
      return chosen.client.send(...request);
    },
    add: (url) => {
      const instance: Followed = { client: createHttpClient(url), ready: false, sent: 0 };
      instances.add(instance);
      void follow(instance);
      return {
        get ready() {
          return instance.ready;
        },
        get sent() {
          return instance.sent;
        },
        remove: () => remove(instance),
      };
    },
    close: () => {
      for (const instance of instances) remove(instance);
    },
  };
}
