/** The end of a process that has nothing to say: another one says why. */
export class ToldElsewhere extends Error {}
