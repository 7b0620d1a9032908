import type { SimulatedPod } from '../../src/testing/index.ts';

export const SPEC_MEMORY = ({ spec }: SimulatedPod) => spec.resources?.limits?.['memory'];
