export {
  assortment,
  catcherFails,
  controlled,
  endsBeforeItsPods,
  outOfMemory,
  parentFails,
  triesAndOthers,
  twoHeldOneStops,
} from './control-workflows.ts';
export { hiddenWait, orderForms, orderedLoop, waitingForms } from './edge-workflows.ts';
export { diamond, diamondSwapped, diamondWithMore } from './diamond-workflows.ts';
export { failureCase, onFailureCase } from './failure-workflows.ts';
export {
  cancelMe,
  givesUpInTheQueue,
  layers,
  overtakes,
  podsInCallbacks,
  podsInTheBody,
  podsWithoutDag,
  priorities,
  severalPodsInOneTask,
  slotWithoutDag,
  unseenWaitWithOneSlot,
  wide,
} from './limit-workflows.ts';
export { loadChunk, mapAndFatal, mapped, mapMistake, shortChunk } from './map-workflows.ts';
export { childAwaitsParent, mistake, twoDags } from './mistake-workflows.ts';
export { books, calls, inOrder, loadOne, mapReport, parents, triesAndThrows } from './rerun-workflows.ts';
export { randomDag } from './random-workflow.ts';
