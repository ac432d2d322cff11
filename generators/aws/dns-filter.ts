import type { Path } from '../model/environment.ts';

/** Which zones external-dns reads and writes: https://kubernetes-sigs.github.io/external-dns/latest/docs/advanced/domain-filter/ */
export interface DnsFilter {
  /** Each with all that is beneath it. */
  readonly domainFilters: readonly string[];
  /** What of that is left out, each with all that is beneath it. */
  readonly excludeDomains: readonly string[];
}

/**
 * The domains of a cluster's environments, without those of other clusters that are among them or beneath: of
 * `example.com` another one's `dev.example.com`. One account may have the zones of several clusters, external-dns sees
 * the names of all, and a zone that it may not read stops it altogether.
 */
export function dnsFilterOf(cluster: string, { environments }: Pick<Path, 'environments'>): DnsFilter {
  const domainFilters = environments.filter((one) => one.cluster === cluster).map(({ domain }) => domain);
  const others = environments.filter((one) => one.cluster !== cluster).map(({ domain }) => domain);
  return {
    domainFilters,
    excludeDomains: others.filter((other) => domainFilters.some((own) => isWithin(other, own))),
  };
}

/**
 * Whether external-dns looks at a zone, or at a name: it asks the same of both. Without a filter it looks at all.
 * https://github.com/kubernetes-sigs/external-dns/blob/master/endpoint/domain_filter.go
 */
export const passes = (domain: string, { domainFilters, excludeDomains }: DnsFilter): boolean =>
  (domainFilters.length === 0 || domainFilters.some((one) => isWithin(domain, one))) &&
  !excludeDomains.some((one) => isWithin(domain, one));

const isWithin = (domain: string, other: string) => domain === other || domain.endsWith(`.${other}`);
