import { OperatorError } from '../../errors.ts';

/** What a page is told of, as it stands in the query: `streams:NAMESPACE/NAME`. */
export interface Topic {
  readonly text: string;
  readonly kind: 'clusters' | 'cluster' | 'workers' | 'streams' | 'stream';
  readonly namespace: string;
  readonly name: string;
  /** `app/name`; of kind `stream` only. */
  readonly stream: string;
}

/** More than any page of ours asks for. */
const MAX_TOPICS = 8;
const MAX_CHARACTERS = 400;
const GRAMMAR =
  /^(?:(clusters)|(cluster|workers|streams):([^/]+)\/([^/]+)|(stream):([^/]+)\/([^/]+)\/([^/]+\/[^/]+))$/;

/** Of a list by comma. Throws REQUEST_INVALID. */
export function topicsOf(list: string | undefined): Topic[] {
  const texts = [...new Set((list ?? '').split(',').filter((text) => text !== ''))];
  if (texts.length === 0 || texts.length > MAX_TOPICS) {
    throw new OperatorError('REQUEST_INVALID', `topics must be 1 to ${MAX_TOPICS}`);
  }
  return texts.map(topicOf);
}

function topicOf(text: string): Topic {
  const found = text.length > MAX_CHARACTERS ? null : GRAMMAR.exec(text);
  if (found === null) throw new OperatorError('REQUEST_INVALID', 'no such topic');
  const [, clusters, ofCluster, namespace, name, ofStream, itsNamespace, itsName, stream] = found;
  const kind = clusters ?? ofCluster ?? ofStream;
  return {
    text,
    kind: kind as Topic['kind'],
    namespace: namespace ?? itsNamespace ?? '',
    name: name ?? itsName ?? '',
    stream: stream ?? '',
  };
}
