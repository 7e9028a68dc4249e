export function momentsWanted(numSteps: number): number[] {
  return Array.from({ length: 21 }, (_, i) => Math.round((i * numSteps) / 20));
}
