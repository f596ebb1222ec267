import { describe, expect, it } from 'vitest';
import { OWN_HEADER } from '../cross-site.ts';
import { serveViews } from '../testing/serve.ts';
import { CALLS } from './calls.ts';
import { openApi } from './openapi.ts';

/** All values of a key, anywhere. */
function valuesOf(key: string, within: unknown): unknown[] {
  if (typeof within !== 'object' || within === null) return [];
  return Object.entries(within).flatMap(([name, value]: [string, unknown]) =>
    name === key ? [value] : valuesOf(key, value),
  );
}

/** Out of the tree that Fastify draws of them. */
function routesOf(tree: string): string[] {
  const above: string[] = [];
  return tree.split('\n').flatMap((line) => {
    const [, indent = '', part = '', methods = ''] =
      /^([│ ]*)[├└]── (\S*)(?: \(([A-Z, ]+)\))?/.exec(line) ?? [];
    const depth = indent.length / 4;
    above.length = depth;
    above.push(part);
    const listed = methods === '' ? [] : methods.split(', ').filter((one) => one !== 'HEAD');
    return listed.map((method) => `${method} ${above.join('')}`);
  });
}

describe('the OpenAPI document', () => {
  const document = openApi() as {
    paths: Record<string, Record<string, unknown>>;
    components: { schemas: Record<string, unknown> };
    security: unknown;
  };

  it('has every call of the API, and no other', async () => {
    const app = await serveViews(() => []);
    const served = routesOf(app.printRoutes({ commonPrefix: false }));
    const documented = CALLS.map(({ method, path }) => `${method} ${path}`);
    const isOfApi = (route: string): boolean => route.includes(' /api/');
    expect(served.filter(isOfApi).sort()).toEqual(documented.sort());
    await app.close();
  });

  it('refers to nothing that it does not have', () => {
    const refs = valuesOf('$ref', document) as string[];
    expect(refs.length).toBeGreaterThan(CALLS.length - 1);
    for (const ref of refs) {
      expect(ref).toMatch(/^#\/components\/schemas\/\w+$/);
      expect(document.components.schemas).toHaveProperty(ref.split('/').at(-1) ?? '');
    }
  });

  it('names the parameters of each path', () => {
    const stream = document.paths['/api/v1/clusters/{namespace}/{name}/streams/{app}/{stream}'];
    const names = (stream?.['get'] as { parameters: { name: string }[] }).parameters;
    expect(names.map(({ name }) => name)).toEqual(['namespace', 'name', 'app', 'stream']);
  });

  it('says of each call what it takes to be heard, and what comes back', () => {
    for (const { method, path, status } of CALLS) {
      const operation = document.paths[path.replaceAll(/:(\w+)/g, '{$1}')]?.[
        method.toLowerCase()
      ] as {
        parameters: { name: string; in: string }[];
        responses: Record<string, { content?: object }>;
      };
      const isNamed = operation.parameters.some(({ name }) => name === OWN_HEADER);
      expect(isNamed, `${method} ${path}`).toBe(method !== 'GET');
      const isEmpty = operation.responses[status ?? 200]?.content === undefined;
      expect(isEmpty, `${method} ${path}`).toBe(status === 204);
      expect(operation.responses['default']?.content).toHaveProperty(['application/problem+json']);
    }
    expect(document.security).toEqual([{ bearer: [] }, { header: [] }, { cookie: [] }]);
    expect(document.paths['/api/v1/login']?.['post']).toMatchObject({ security: [] });
  });

  it('is served', async () => {
    const app = await serveViews(() => []);
    const answer = await app.inject('/api/v1/openapi.json');
    expect(answer.json()).toEqual(JSON.parse(JSON.stringify(document)));
    await app.close();
  });
});
