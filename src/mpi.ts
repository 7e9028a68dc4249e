/** microgpt/mpi: one run trained by several processes, on one machine or more. For Node, with Open MPI and the package koffi. */

export { joinProcesses, type Processes, type ProcessesOptions } from "./mpi/processes.ts";
