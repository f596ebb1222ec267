import type { KubeClient } from './client.ts';
import type { ListOptions } from './client-types.ts';
import { isGone } from './error-kinds.ts';
import type { Resource } from './resources.ts';
import type { KubeObject, Stored } from './wire.ts';

const PAGE_SIZE = 500;

export interface WholeList<T extends KubeObject> {
  readonly items: readonly Stored<T>[];
  readonly resourceVersion: string;
}

/** All objects as of one version. */
export async function listAll<T extends KubeObject>(
  client: KubeClient,
  resource: Resource<T>,
  options: Omit<ListOptions, 'limit' | 'continue'> = {},
): Promise<WholeList<T>> {
  try {
    return await listPages(client, resource, options);
  } catch (error) {
    // The version of the first page was compacted meanwhile: all in one page.
    if (!isGone(error)) throw error;
    return await client.list(resource, options);
  }
}

async function listPages<T extends KubeObject>(
  client: KubeClient,
  resource: Resource<T>,
  options: ListOptions,
): Promise<WholeList<T>> {
  const items: Stored<T>[] = [];
  let from = '';
  for (;;) {
    const page = await client.list(resource, { ...options, limit: PAGE_SIZE, continue: from });
    items.push(...page.items);
    from = page.continue;
    if (from === '') return { items, resourceVersion: page.resourceVersion };
  }
}
