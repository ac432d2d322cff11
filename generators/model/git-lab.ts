/** The GitLab of a repository, and its project there. */
export interface GitLab {
  /** `https://gitlab.com`; what is reached by SSH is asked by HTTPS. */
  readonly origin: string;
  /** `example/slipway`. */
  readonly project: string;
}

/** @param repository the URL that Argo CD reads it from, which `environment-schema.ts` has checked */
export function gitLabOf(repository: string): GitLab {
  const { protocol, origin, hostname, pathname } = new URL(repository);
  return {
    origin: /^https?:$/.test(protocol) ? origin : `https://${hostname}`,
    project: pathname.replace(/^\/+|(\.git)?\/?$/g, ''),
  };
}

/** The port that an address means. */
export function portOf(url: string): number {
  const { protocol, port } = new URL(url);
  return port === '' ? (protocol === 'ssh:' ? 22 : protocol === 'http:' ? 80 : 443) : Number(port);
}
