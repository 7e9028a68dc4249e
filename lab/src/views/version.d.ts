/** The package's version, inserted when the page is built. */
declare const __VERSION__: string;
