import { z } from 'zod';
import { TOKEN_HEADER } from '../auth/console-auth.ts';
import { COOKIE_NAME } from '../auth/cookie.ts';
import { DOORS } from '../auth/guard.ts';
import { OWN_HEADER } from '../cross-site.ts';
import type { Call } from './call.ts';
import { CALLS } from './calls.ts';
import { problem, PROBLEM_TYPE } from './problem.ts';

/** What changes something takes it; see cross-site.ts. */
const OWN_PARAMETER = {
  ...{ name: OWN_HEADER, in: 'header', required: true, schema: { type: 'string' } },
  description: 'Any value. A page of another site cannot send it.',
};
/** Any of them, where there is a login. */
const SECURITY = {
  bearer: { type: 'http', scheme: 'bearer' },
  header: { type: 'apiKey', in: 'header', name: TOKEN_HEADER },
  cookie: { type: 'apiKey', in: 'cookie', name: COOKIE_NAME },
};
const PARAMETER = /:(\w+)/g;
/** That of Kubernetes' group and version: fields come, none goes. */
const VERSION = 'v1';

/** The API as an OpenAPI 3.1 document, made of the schemas that tests check answers by. */
export function openApi(): object {
  const paths: Record<string, Record<string, object>> = {};
  const schemas: Record<string, object> = {};
  for (const call of CALLS) {
    const path = call.path.replaceAll(PARAMETER, '{$1}');
    paths[path] = { ...paths[path], [call.method.toLowerCase()]: operation(call, schemas) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Streamcluster',
      version: VERSION,
      description: 'What the operator knows. Errors are problem documents (RFC 9457).',
    },
    paths,
    security: Object.keys(SECURITY).map((name) => ({ [name]: [] })),
    components: {
      schemas: { Problem: schemaOf(problem, schemas), ...schemas },
      securitySchemes: SECURITY,
    },
  };
}

function operation(call: Call, schemas: Record<string, object>): object {
  const { method, path, summary, query = {}, body, answer, answerType, status = 200 } = call;
  const inPath = [...path.matchAll(PARAMETER)].map(([, name = '']) => ({
    ...{ name, in: 'path', required: true, schema: { type: 'string' } },
  }));
  const inQuery = Object.entries(query).map(([name, description]) => ({
    ...{ name, in: 'query', description, schema: { type: 'string' } },
  }));
  const inHeader = method === 'GET' ? [] : [OWN_PARAMETER];
  const type = answer === undefined ? answerType : 'application/json';
  const schema = answer === undefined ? {} : { schema: schemaOf(answer, schemas) };
  const content = type !== undefined && { content: { [type]: schema } };
  return {
    summary,
    parameters: [...inPath, ...inQuery, ...inHeader],
    ...(DOORS.has(path) && { security: [] }),
    ...(body && {
      requestBody: { content: { 'application/json': { schema: schemaOf(body, schemas) } } },
    }),
    responses: {
      [status]: { description: summary, ...content },
      default: {
        description: 'An error',
        content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

const LOCAL = '#/$defs/';
const SHARED = '#/components/schemas/';

/** What a schema names is put among those of the document, where references are looked up. */
function schemaOf(schema: z.ZodType, schemas: Record<string, object>): object {
  const made = z.toJSONSchema(schema, {
    io: 'output',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => dropBounds(jsonSchema),
  });
  const own = JSON.parse(JSON.stringify(made).replaceAll(LOCAL, SHARED)) as {
    $schema?: string;
    $defs?: Record<string, object>;
  };
  Object.assign(schemas, own.$defs);
  delete own.$defs;
  delete own.$schema;
  return own;
}

/** Those of whole numbers in JavaScript say nothing. */
function dropBounds(schema: { minimum?: number; maximum?: number }): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}
