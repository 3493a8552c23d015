/** Texts that have frozen parsers, each repeated to a length. What is tested with them is how much comes out, never how long it took. */
export const BOMBS: Record<string, string> = {
  stars: "*",
  "stars and letters": "*a",
  underscores: "_a ",
  brackets: "[",
  "open links": "[a](",
  images: "![",
  backticks: "`a``",
  quotes: ">",
  "nested quotes": "> ",
  lists: "- ",
  "nested lists": "- a\n  ",
  bars: "|",
  spoilers: "||a",
  tables: "a|b\n-|-\n",
  strikes: "~~a",
  backslashes: "\\*",
  autolinks: "<a:",
  links: "[a](https://b.example) ",
  schemes: "http://",
  addresses: "https://a.b/_*",
  headings: "# \n",
  emphasis: "**a *a ",
  entities: "&#1;",
  everything: "*a_b~~c**d__e||f`g[h](i> j\n",
  "*[>": "*[>",
};

export const bomb = (piece: string, length: number): string =>
  piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
