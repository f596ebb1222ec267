import { BlockList, isIP } from 'node:net';
import { canonicalAddress } from './address.ts';

type Family = 4 | 6;

interface Block {
  readonly address: string;
  readonly family: Family;
  readonly prefix: number;
}

/** A set of blocks of addresses (CIDR). */
export class Networks {
  readonly isEmpty: boolean;
  /** One of each family: Node's takes IPv4 for a part of `::/0`. */
  private readonly lists: Record<Family, BlockList> = { 4: new BlockList(), 6: new BlockList() };

  private constructor(blocks: readonly Block[]) {
    this.isEmpty = blocks.length === 0;
    for (const { address, family, prefix } of blocks) {
      this.lists[family].addSubnet(address, prefix, `ipv${family}`);
    }
  }

  /** Undefined when one of the texts is no block. */
  static parse(texts: readonly string[]): Networks | undefined {
    const blocks = texts.map(parseBlock);
    const isWhole = (all: (Block | undefined)[]): all is Block[] => !all.includes(undefined);
    return isWhole(blocks) ? new Networks(blocks) : undefined;
  }

  /** An address that is none is in no network. */
  has(text: string): boolean {
    if (this.isEmpty) return false;
    const address = canonicalAddress(text);
    if (address === undefined) return false;
    const family = isIP(address) as Family;
    return this.lists[family].check(address, `ipv${family}`);
  }
}

function parseBlock(text: string): Block | undefined {
  const [address = '', digits = '', ...rest] = text.split('/');
  const family = isIP(address);
  const prefix = Number(digits);
  if (family === 0 || rest.length > 0 || !/^\d{1,3}$/.test(digits)) return undefined;
  if (prefix > (family === 4 ? 32 : 128)) return undefined;
  return { address, family: family as Family, prefix };
}
