import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { workflowInfo } from '@temporalio/workflow';

const SCHEDULED = defineSearchAttributeKey('TemporalScheduledStartTime', SearchAttributeType.DATETIME);

/**
 * Airflow's `logical_date`: the time that a run is for. A Schedule says it of each run, also of one that a backfill starts
 * weeks later; a run that somebody started is for now.
 */
export const scheduledTime = (): Date =>
  workflowInfo().typedSearchAttributes.get(SCHEDULED) ?? workflowInfo().startTime;
