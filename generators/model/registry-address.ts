import { Refusal } from './refusal.ts';

/** Where a repository of images is. */
export interface RegistryAddress {
  /** As people and Docker's config.json write it: `registry.gitlab.com`. */
  readonly host: string;
  /** `https://registry.gitlab.com`. */
  readonly url: string;
  /** `example/slipway/counter`. */
  readonly name: string;
}

/**
 * Loopback is asked by HTTP, as every other client does; everything else by HTTPS, and nothing changes that.
 * @param repository `registry.gitlab.com/example/slipway/counter`
 * @throws {Refusal} where no registry is named
 */
export function registryAddress(repository: string): RegistryAddress {
  const slash = repository.indexOf('/');
  const host = repository.slice(0, slash);
  if (slash < 1 || !/[.:]|^localhost$/.test(host))
    throw new Refusal(
      `The repository ${JSON.stringify(repository)} names no registry: write registry.gitlab.com/example/slipway/counter.`,
    );
  const server = host === 'docker.io' ? 'registry-1.docker.io' : host;
  return { host, name: repository.slice(slash + 1), url: `${isLoopback(host) ? 'http' : 'https'}://${server}` };
}

/** Whether a host, with or without its port, is this machine. */
export const isLoopback = (host: string) => /^(localhost|127(\.\d{1,3}){3})(:\d+)?$/.test(host);
