import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import type { Provision } from '../../model/app.ts';
import type { CheckedPlatform } from '../../model/app-schema.ts';
import type { Placement } from '../place.ts';
import { argocd } from './argocd.ts';
import { classes } from './classes.ts';
import { dashboards } from './dashboards.ts';
import { monitoring } from './monitoring.ts';
import { namespaces } from './namespaces.ts';
import { policies } from './policies.ts';

const provisions: Readonly<Record<Provision, (scope: Construct, at: Placement, owner: string) => void>> = {
  classes,
  namespaces,
  policies,
  monitoring,
  argocd,
  dashboards,
};

/** What this repository needs on a cluster before an app can run there: one share of it. */
export class PlatformChart extends Chart {
  constructor(scope: Construct, { name, owner, provides }: CheckedPlatform, at: Placement) {
    super(scope, name, { disableResourceNameHashes: true });
    provisions[provides](this, at, owner);
  }
}
