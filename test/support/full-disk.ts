/** A disk that is full after so many bytes: what is written through open files in this process, whoever writes it. */
import { open, type FileHandle } from 'node:fs/promises';
import { mock } from 'node:test';

export interface Disk extends AsyncDisposable {
  /** From now on there is room for so many bytes more. */
  room(bytes: number): void;
}

/** As a real one does it: a write that does not fit stores what fits, and only the next one is refused. */
export async function fullDisk(bytes: number): Promise<Disk> {
  const any = await open('/dev/null', 'r');
  const prototype = Object.getPrototypeOf(any) as FileHandle;
  await any.close();
  let left = bytes;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called on its object below
  const write = prototype.write as (this: FileHandle, bytes: Buffer, from: number, length: number) => Promise<object>;
  const patched = mock.method(prototype, 'write', function (this: FileHandle, data: Buffer, from = 0) {
    const length = Math.min(data.length - from, left);
    if (length <= 0)
      return Promise.reject(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }));
    left -= length;
    return write.call(this, data, from, length);
  } as never);
  return {
    room: (more) => void (left = more),
    [Symbol.asyncDispose]: () => Promise.resolve(patched.mock.restore()),
  };
}
