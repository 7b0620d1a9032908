/** Of a result, as it was written and as compact JSON: half of what Temporal lets through, which has the spec to carry as well. */
export const MAX_RESULT_BYTES = 1024 * 1024;

export const ADVICE = 'write it where it belongs (a bucket, a table), and return its address';
