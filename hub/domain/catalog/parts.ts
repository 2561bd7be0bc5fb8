import type { Dependants } from '../dependants.js';
import type { ObservedServers } from '../servers/observed.js';
import { Catalog } from './catalog.js';
import { Configuration } from './configuration.js';
import { type EnablementParts, Enablements } from './enablements.js';
import { type PortalServerParts, PortalServers, ServerStates } from './portal-servers.js';
import { CatalogWork, type CatalogWorkParts } from './work.js';

type Given = Omit<EnablementParts, 'servers' | 'catalog'> &
  Omit<CatalogWorkParts, 'enablements'> &
  Pick<PortalServerParts, 'fleet'> & {
    readonly dependants: Dependants;
    readonly observed: ObservedServers;
    readonly imageRegistries: readonly string[];
  };

/** Builds the parts of the catalog. */
export function createCatalog(given: Given) {
  const { store, dependants, registry, observed, lifecycle, fleet, onError } = given;
  const catalog = new Catalog(store, given.imageRegistries);
  const states = new ServerStates(store, registry, observed);
  const servers = new PortalServers({ store, catalog, registry, observed, states, fleet });
  const enablements = new Enablements({ store, servers, catalog, registry, lifecycle, onError });
  const work = new CatalogWork({ ...given, enablements });
  return {
    catalog,
    states,
    servers,
    enablements,
    work,
    configuration: new Configuration({ store, dependants, servers, work }),
  };
}
