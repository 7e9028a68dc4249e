/** For svelte-check and the editor: TypeScript in the components is types only, which Svelte reads itself. */
export default { compilerOptions: { runes: true } };
