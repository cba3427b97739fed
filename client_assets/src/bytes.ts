/** Looking for bytes in bytes. */

/** Where `part` begins in `bytes`; -1 if it is not there. */
export function indexOf(bytes: Uint8Array, part: readonly number[]): number {
  const first = part[0];
  if (first === undefined) return 0;
  const last = bytes.length - part.length;
  for (let start = bytes.indexOf(first); start >= 0 && start <= last; start = bytes.indexOf(first, start + 1)) {
    if (part.every((byte, offset) => bytes[start + offset] === byte)) return start;
  }
  return -1;
}

/** Whether `bytes` has `part` in it. */
export function contains(bytes: Uint8Array, part: readonly number[]): boolean {
  return indexOf(bytes, part) >= 0;
}
