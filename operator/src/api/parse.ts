import YAML from 'yaml';
import { OperatorError } from '../errors.ts';
import type { StreamCluster } from './stream-cluster.ts';
import { unknownFields } from './unknown-fields.ts';
import { fieldName, validate, type Fault } from './validate.ts';

const MAX_CHARACTERS = 1_000_000;
/** More would only bury the first. */
const MAX_FAULTS_SHOWN = 10;

/**
 * A StreamCluster out of YAML. Throws RESOURCE_UNREADABLE when it is no YAML and
 * RESOURCE_INVALID when it is no StreamCluster; the message names the file, the
 * line, the column and the field of each fault.
 */
export function parseStreamCluster(text: string, fileName: string): StreamCluster {
  const lines = new YAML.LineCounter();
  const document = readDocument(text, fileName, lines);
  const value: unknown = toValue(document, fileName);
  const { resource, faults: broken } = validate(value);
  const unknown = unknownFields(value).map((path) => ({ path, message: 'unknown field' }));
  const faults: Fault[] = [...unknown, ...broken];
  if (resource !== undefined && faults.length === 0) return resource;
  const shown = faults.slice(0, MAX_FAULTS_SHOWN).map((fault) => {
    const { line, col } = lines.linePos(offsetOf(document, fault.path));
    return `${fileName}:${line}:${col}: ${fieldName(fault.path)}: ${fault.message}`;
  });
  throw new OperatorError('RESOURCE_INVALID', shown.join('; '));
}

function readDocument(
  text: string,
  fileName: string,
  lineCounter: YAML.LineCounter,
): YAML.Document {
  if (text.length > MAX_CHARACTERS) {
    throw new OperatorError('RESOURCE_UNREADABLE', `${fileName} is larger than a megabyte`);
  }
  const document = YAML.parseDocument(text, { lineCounter, prettyErrors: false });
  const [error] = document.errors;
  if (error === undefined) return document;
  const { line, col } = lineCounter.linePos(error.pos[0]);
  throw new OperatorError('RESOURCE_UNREADABLE', `${fileName}:${line}:${col}: ${error.message}`);
}

function toValue(document: YAML.Document, fileName: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // Aliases that expand without end.
    throw new OperatorError('RESOURCE_UNREADABLE', fileName, { cause: error });
  }
}

/** Of the field, or of the nearest field around it that is there. */
function offsetOf(document: YAML.Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = document.getIn(path.slice(0, length - 1), true);
    const offset = keyOffset(parent, path[length - 1]);
    if (offset !== undefined) return offset;
  }
  return document.contents?.range?.[0] ?? 0;
}

function keyOffset(parent: unknown, key: PropertyKey | undefined): number | undefined {
  if (YAML.isSeq(parent)) {
    const item: unknown = parent.items[Number(key)];
    return YAML.isNode(item) ? item.range?.[0] : undefined;
  }
  if (!YAML.isMap(parent)) return undefined;
  const pair = parent.items.find((one) => YAML.isScalar(one.key) && one.key.value === key);
  return YAML.isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
}
