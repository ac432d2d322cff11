import type { Link, ValueLink } from './grafana.ts';

/** The dashboards, by what they are about. Alerts, pages and bookmarks name these: they never change. */
export const uids = {
  service: 'slipway-service',
  versions: 'slipway-versions',
  objectives: 'slipway-objectives',
  platform: 'slipway-platform',
} as const;

export type About = keyof typeof uids;

const titles: Readonly<Record<About, string>> = {
  service: 'Service',
  versions: 'Versions and environments',
  objectives: 'Objectives',
  platform: 'Platform',
};

/** The title of a dashboard, as links to it say. */
export const titleOf = (about: About): string => titles[about];

/** From a dashboard to all the others, with what is chosen and the same time. */
export const linksFrom = (own: About): Link[] =>
  (Object.keys(uids) as About[])
    .filter((about) => about !== own)
    .map((about) => ({
      type: 'link',
      title: titles[about],
      url: `/d/${uids[about]}`,
      icon: 'dashboard',
      tooltip: `${titles[about]}, with what is chosen here`,
      tags: [],
      asDropdown: false,
      targetBlank: false,
      includeVars: true,
      keepTime: true,
    }));

/** From a row about an app to the dashboard about it, at the same time. */
export const toApp = (about: About): ValueLink => ({
  title: titles[about],
  url: `/d/${uids[about]}?var-namespace=\${__data.fields.Environment}&var-app=\${__data.fields.App}&\${__url_time_range}`,
  targetBlank: false,
});

/** From a row about an alert to Grafana's list of rules, which has its runbook and what to look at. */
export const toRule: ValueLink = {
  title: 'What to do',
  url: `/alerting/list?search=rule:\${__data.fields.Alert}`,
  targetBlank: false,
};
