/** Values of a Secret as text, by key. */
export type SecretData = Readonly<Record<string, string>>;

export interface StoredSecret {
  readonly data: SecretData;
  /** Of this very state, for a write that replaces it. */
  readonly version: string;
}

export interface SecretWrite {
  readonly namespace: string;
  readonly name: string;
  /** Replaces all keys. */
  readonly data: SecretData;
  /** Undefined: the Secret must not be there yet. */
  readonly version: string | undefined;
}

/** What credentials need of the API server. Labels and owners are the implementation's. */
export interface SecretStore {
  read(namespace: string, name: string): Promise<StoredSecret | undefined>;
  /** False: somebody else wrote or deleted it since. Rejects when nothing is known. */
  write(secret: SecretWrite): Promise<boolean>;
}

export function isSameData(one: SecretData, other: SecretData): boolean {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].every((key) => one[key] === other[key]);
}
