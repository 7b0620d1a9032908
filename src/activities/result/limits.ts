/** Of a result, as it was written and as compact JSON: half of what Temporal lets through, which also has the spec to carry. */
export const MAX_RESULT_BYTES = 1024 * 1024;
