/** Addresses inside a test cluster; nothing of it is reached from outside the machine. */
export const SERVICE_CIDR = '10.96.0.0/16';
export const API_SERVICE_IP = '10.96.0.1';
export const DNS_SERVICE_IP = '10.96.0.10';
export const POD_CIDR = '10.244.0.0/16';
/** This machine's address on the network that it shares with the real nodes. */
export const HOST_ADDRESS = '10.245.0.1';

export function nodeAddress(index: number): string {
  return `10.245.0.${10 + index}`;
}

export function podSubnet(index: number): string {
  return `10.244.${index}.0/24`;
}
