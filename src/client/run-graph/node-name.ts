import { UNNAMED } from '../../contract/index.ts';
import type { PodTask } from '../run-events.ts';

/** The node that a pod belongs to. Pods of no task have nothing in common but that, so each is one of its own. */
export const nodeName = ({ task, activityId }: Pick<PodTask, 'task' | 'activityId'>): string =>
  task === UNNAMED ? activityId : task;
