import { parseTarget } from '../../formats/http/target.ts';
import type { MediaHandler, MediaPath, MediaRoute } from './media-route.ts';

/** Where a request target leads. */
export interface RoutedTarget {
  readonly segments: readonly string[];
  /** Behind the `?`, not decoded. */
  readonly query: string;
  /** Undefined: Node's server answers. */
  readonly handler: MediaHandler | undefined;
}

/** When there are more all are forgotten: those of segments come and go. */
const MAX_KNOWN = 1024;
/** Of a path that is remembered, so that all of them together stay small. */
const MAX_LENGTH = 256;

/** Finds who answers. Many ask for the same, so that a path is taken apart once. */
export class Routes {
  private readonly routes: readonly MediaRoute[];
  /** By path, without parameters: those are each client's own. */
  private readonly known = new Map<string, RoutedTarget>();

  constructor(routes: readonly MediaRoute[]) {
    this.routes = routes;
  }

  /** Undefined: the target is malformed. */
  find(target: string, isWebSocket: boolean): RoutedTarget | undefined {
    // Upgrades are rare, and routes tell them apart.
    if (isWebSocket) return this.look(target, isWebSocket);
    const mark = target.indexOf('?');
    const path = mark < 0 ? target : target.slice(0, mark);
    const found = this.known.get(path) ?? this.lookOnce(path);
    if (found === undefined || mark < 0) return found;
    return { ...found, query: target.slice(mark + 1) };
  }

  private lookOnce(path: string): RoutedTarget | undefined {
    const found = this.look(path, false);
    if (found === undefined || path.length > MAX_LENGTH) return found;
    if (this.known.size >= MAX_KNOWN) this.known.clear();
    this.known.set(path, found);
    return found;
  }

  private look(target: string, isWebSocket: boolean): RoutedTarget | undefined {
    const path = parseTarget(target);
    if (path === undefined) return undefined;
    const { segments, query } = path;
    return { segments, query, handler: this.match({ segments, isWebSocket }) };
  }

  private match(path: MediaPath): MediaHandler | undefined {
    for (const route of this.routes) {
      const handler = route.match(path);
      if (handler !== undefined) return handler;
    }
    return undefined;
  }
}
