/** CPU time of this thread for some work, in microseconds: other processes add nothing to it. The least of some times. */
export function cpuOf(work: () => unknown, times = 3): number {
  const once = () => {
    const before = process.threadCpuUsage();
    work();
    const { user, system } = process.threadCpuUsage(before);
    return user + system;
  };
  return Math.min(...Array.from({ length: times }, once));
}
