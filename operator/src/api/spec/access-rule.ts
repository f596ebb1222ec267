import { z } from 'zod';
import { withRules, type Rule } from '../rule.ts';
import { count } from './fields.ts';
import { networks } from './network.ts';

const MAX_APPS = 32;
const MAX_KEYS = 8;
const HOUR_SECONDS = 3_600;
const MAX_URL_CHARACTERS = 500;

const CREDENTIALS = ['Jwt', 'SignedUrl'] as const;

/** An entry of the Secret, as a file's name: no way out of the folder. */
function entry(description: string): z.ZodString {
  return z
    .string()
    .regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/)
    .max(253)
    .meta({ description });
}

function entries(description: string): z.ZodArray<z.ZodString> {
  return z
    .array(entry('Name of an entry.'))
    .min(1)
    .max(MAX_KEYS)
    .meta({ description, 'x-kubernetes-list-type': 'atomic' });
}

function httpUrl(description: string): z.ZodString {
  return z
    .string()
    .regex(/^https?:\/\/[^\s/?#@]+([/?][^\s#]*)?$/)
    .max(MAX_URL_CHARACTERS)
    .meta({ description });
}

const jwtFields = z.object({
  keys: entries(
    'Entries of the Secret: public keys (PEM), a JWKS, or a shared secret of 32 bytes or more.',
  ).optional(),
  jwksUrl: httpUrl('Where public keys are read as a JWKS, again and again.').optional(),
  jwksRefreshSeconds: count(10, HOUR_SECONDS)
    .default(60)
    .meta({ description: 'How often they are read again.' }),
  issuer: z.string().min(1).max(500).optional().meta({ description: 'What `iss` must be.' }),
  audience: z.string().min(1).max(500).optional().meta({
    description:
      'What `aud` must be or have in it. Without: tokens that are meant for somebody (`aud`) are refused.',
  }),
});

const jwt = withRules(jwtFields, 'How tokens are checked (HS256, RS256, ES256).', [
  {
    cel: 'has(self.jwksUrl) || has(self.keys)',
    message: 'access.rules.jwt needs keys or jwksUrl',
    path: [],
    holds: ({ keys, jwksUrl }) => jwksUrl !== undefined || keys !== undefined,
  },
]);

const signedUrl = z
  .object({
    keys: entries('Entries of the Secret, each a shared secret of 32 bytes or more; all are good.'),
  })
  .meta({ description: 'How signed URLs are checked (HMAC-SHA256).' });

const callback = z
  .object({
    url: httpUrl('Asked with POST and JSON; 2xx lets in, 4xx refuses, all else is a failure.'),
    tokenKey: entry(
      'Entry of the Secret that is sent as `Authorization: Bearer`, so that the server knows who asks.',
    ).optional(),
    timeoutSeconds: count(1, 10)
      .default(2)
      .meta({ description: 'For an answer; asked again once.' }),
    keepAllowedSeconds: count(0, HOUR_SECONDS)
      .default(60)
      .meta({ description: 'How long a yes counts for the same question.' }),
    keepRefusedSeconds: count(0, HOUR_SECONDS)
      .default(5)
      .meta({ description: 'How long a no counts for the same question.' }),
    onFailure: z.enum(['Refuse', 'Allow']).default('Refuse').meta({
      description: 'What counts when there is no answer.',
    }),
  })
  .meta({ description: 'A server that is asked, and told of ends.' });

const credential = z
  .enum(CREDENTIALS)
  .meta({ description: 'A JSON Web Token, or a URL with expiry and signature.' });

const action = z.object({
  credentials: z.array(credential).max(CREDENTIALS.length).optional().meta({
    description: 'One of these must be good. None: none is wanted.',
    'x-kubernetes-list-type': 'atomic',
  }),
  callback: callback.optional(),
  allow: networks(
    'allow of access.rules',
    'Who may come (CIDR). Without: everybody who is not denied.',
  ),
  deny: networks('deny of access.rules', 'Who may not (CIDR); goes before `allow`.'),
});

const fields = z.object({
  apps: z
    .array(
      z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._~-]*$/)
        .max(64)
        .meta({ description: 'The app of a stream, APP of APP/NAME.' }),
    )
    .min(1)
    .max(MAX_APPS)
    .optional()
    .meta({ description: 'Of these. Without: of all.', 'x-kubernetes-list-type': 'atomic' }),
  jwt: jwt.optional(),
  signedUrl: signedUrl.optional(),
  publish: action.optional().meta({ description: 'Who may publish. Without: everybody.' }),
  play: action.optional().meta({ description: 'Who may play. Without: everybody.' }),
  viewersPerStream: count(1, 10_000_000)
    .optional()
    .meta({ description: 'Viewers of one stream on all workers, about. Without: no limit.' }),
  connectionsPerAddress: count(1, 1_000_000)
    .optional()
    .meta({ description: 'Sessions of one address at one worker. Without: no limit.' }),
  publisherKilobitsPerSecond: count(1, 10_000_000)
    .optional()
    .meta({ description: 'A publisher that sends more is cut. Without: no limit.' }),
});
type Fields = z.output<typeof fields>;

function needs(
  verb: 'publish' | 'play',
  credential: (typeof CREDENTIALS)[number],
  field: 'jwt' | 'signedUrl',
): Rule<Fields> {
  return {
    cel: `!has(self.${verb}) || !has(self.${verb}.credentials) || !('${credential}' in self.${verb}.credentials) || has(self.${field})`,
    message: `access.rules.${verb}.credentials ${credential} needs access.rules.${field}`,
    path: [verb, 'credentials'],
    holds: (rule) =>
      rule[verb]?.credentials?.includes(credential) !== true || rule[field] !== undefined,
  };
}

export const accessRule = withRules(fields, 'Who may publish and play the streams of some apps.', [
  needs('publish', 'Jwt', 'jwt'),
  needs('publish', 'SignedUrl', 'signedUrl'),
  needs('play', 'Jwt', 'jwt'),
  needs('play', 'SignedUrl', 'signedUrl'),
]);
