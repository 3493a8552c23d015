/** Of the package, put in by the build. */
declare const __SOTTO_VERSION__: string;
