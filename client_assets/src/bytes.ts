/** Looking for bytes in bytes. */

/** Whether `bytes` has `part` in it. */
export function contains(bytes: Uint8Array, part: readonly number[]): boolean {
  const first = part[0];
  if (first === undefined) return true;
  const last = bytes.length - part.length;
  for (let start = bytes.indexOf(first); start >= 0 && start <= last; start = bytes.indexOf(first, start + 1)) {
    if (part.every((byte, offset) => bytes[start + offset] === byte)) return true;
  }
  return false;
}
