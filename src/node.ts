/** What needs files and a network: for Node. */

export { checkWritable } from "./node/atomic-write.ts";
export { loadCheckpoint, saveCheckpoint } from "./node/checkpoint-file.ts";
export { DATASETS, type Dataset, type DatasetOptions, loadDataset, loadDocuments } from "./node/datasets.ts";
