/** The names of the lab's data sets, which are all that the page needs of them. */

export const DATA_SET_IDS = ["names", "places", "animals", "sums", "brackets", "story", "source"] as const;
export type DataSetId = (typeof DATA_SET_IDS)[number];

/** Undefined for anything else. */
export function dataSetId(name: string): DataSetId | undefined {
  return DATA_SET_IDS.find((id) => id === name);
}
