/** Makes one bundle, as another process asks for it, and ends: what webpack takes goes with it. */
import { messageOf } from '../common/message-of.ts';
import { Problem } from '../common/problem.ts';
import type { BundleAnswer, BundleRequest } from './bundle.ts';
import { bundleWorkflows } from './workflows.ts';

process.once('disconnect', () => process.exit());
process.once('message', (request: BundleRequest) => {
  void answerTo(request).then((answer) => process.send?.(answer, () => process.disconnect()));
});

const answerTo = ({ module, choices }: BundleRequest): Promise<BundleAnswer> =>
  bundleWorkflows(module, choices).then(
    ({ code, sources }) => ({ code, ...(sources && { sources }) }),
    (error: unknown) => ({ problem: messageOf(error), exitCode: error instanceof Problem ? error.exitCode : 3 }),
  );
