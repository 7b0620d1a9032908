import { dag, type Handle, type Task, type TaskOptions } from '../dag/index.ts';
import { runPod } from '../run-pod.ts';

/** `task`, whose names begin with the group's: `europe.extract`. A group of a group is a group. */
export function group(task: Task, name: string): Task {
  const add = <T>(own: string, work: () => T | PromiseLike<T>, options?: TaskOptions) =>
    task(`${name}.${own}`, work, options);
  const map: Task['map'] = (own, items, workflow, options) => task.map(`${name}.${own}`, items, workflow, options);
  return Object.assign(add, { map });
}

/** A `TaskGroup` that can be used again: a function that adds tasks, and returns the handle others shall wait for. */
function loadRegion(task: Task, image: string, region: string): Handle<string> {
  const sh = (script: string) => ({ image, command: ['sh', '-c', script], env: { REGION: region } });
  const extract = task('extract', () => runPod(sh('echo extracting "$REGION"')));
  const checks = group(task, 'checks');
  const rows = checks('rows', () => runPod(sh('echo counting')), { after: [extract] });
  const keys = checks('keys', () => runPod(sh('echo comparing')), { after: [extract] });
  const load = task('load', () => runPod(sh('echo loading')), { after: [rows, keys] });
  return load.then(() => region);
}

export async function taskGroups({ image = 'busybox:1.37', regions = ['europe', 'asia'] } = {}): Promise<string[]> {
  return dag(async (task) => {
    const loaded = regions.map((region) => loadRegion(group(task, region), image, region));
    return Promise.all(loaded);
  });
}
