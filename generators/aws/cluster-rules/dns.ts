import { load } from 'js-yaml';
import { isMapping } from '../../model/mapping.ts';
import type { ClusterConfig } from '../cluster-config.ts';
import type { ClusterRule } from '../cluster-rule.ts';
import { type DnsFilter, passes } from '../dns-filter.ts';
import type { Keys } from '../rule.ts';

const source = 'https://kubernetes-sigs.github.io/external-dns/latest/docs/advanced/domain-filter/';

/** What each external-dns is told, and where. */
const filtersOf = ({ addons = [] }: ClusterConfig): { given: DnsFilter; keys: Keys }[] =>
  addons.flatMap(({ name, configurationValues = '' }, index) =>
    name === 'external-dns' ? [{ given: filterIn(configurationValues), keys: ['addons', index] }] : [],
  );

function filterIn(text: string): DnsFilter {
  let values: unknown;
  try {
    values = load(text);
  } catch {
    // The rule addon-values says so.
  }
  const { domainFilters, excludeDomains } = isMapping(values) ? values : {};
  const list = (value: unknown) => (Array.isArray(value) ? value.map(String) : []);
  return { domainFilters: list(domainFilters), excludeDomains: list(excludeDomains) };
}

const same = (a: readonly string[], b: readonly string[]) => [...a].sort().join() === [...b].sort().join();

const values = (domains: string, foreign?: string) => ({
  'addons[1].configurationValues': `{ domainFilters: [${domains}]${foreign === undefined ? '' : `, excludeDomains: [${foreign}]`} }`,
});

/** Whose DNS records the cluster writes. */
export const dns: readonly ClusterRule[] = [
  {
    id: 'dns-domains',
    says: `It must have the domains of the cluster's environments as domainFilters, and those of other clusters beneath them as excludeDomains; write \${domains} and \${foreignDomains}: one zone that it may not read stops it altogether.`,
    source,
    *breaks(config, { dns: wanted }) {
      for (const { given, keys } of filtersOf(config))
        if (!same(given.domainFilters, wanted.domainFilters) || !same(given.excludeDomains, wanted.excludeDomains))
          yield [...keys, 'configurationValues'];
    },
    fails: [
      { 'addons[1].configurationValues': undefined },
      { 'addons[1].configurationValues': 'policy: sync' },
      { 'addons[1].configurationValues': 'a: b: c' },
      { 'addons[1].configurationValues': 'domainFilters: shop.example.org' },
      values('shop.example.org, platform.shop.example.org'),
      values('shop.example.org', 'other.shop.example.org'),
      values('example.org', 'other.shop.example.org'),
      values('shop.example.org, platform.shop.example.org, example.org', 'other.shop.example.org'),
      values('shop.example.org, platform.shop.example.org', 'shop.example.org'),
    ],
  },
  {
    id: 'dns-own',
    says: "It must leave every domain of the cluster's own environments in: of what lies beneath another cluster's domain, external-dns writes nothing; give the environment a domain elsewhere.",
    source,
    *breaks(config, { environments }) {
      for (const { given, keys } of filtersOf(config))
        if (!environments.every(({ domain }) => passes(domain, given))) yield [...keys, 'configurationValues'];
    },
    fails: [
      values('shop.example.org, platform.shop.example.org', 'platform.shop.example.org'),
      values('shop.example.org, platform.shop.example.org', 'example.org'),
      values('platform.shop.example.org'),
    ],
  },
];
