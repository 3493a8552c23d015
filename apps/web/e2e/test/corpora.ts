/** What hostile people write (T49 to T57), by kind. Addresses go to the canary, which nobody may ask for anything. */

/** Set by a script that ran, however it came to run. */
export const OWNED = "window.__owned=1;document.title='owned'";

/** @param canary  `http://127.0.0.1:port` */
export function xssCorpus(canary: string): string[] {
  return [
    `<script>${OWNED}</script>`,
    `<img src=x onerror="${OWNED}">`,
    `<img src="${canary}/pixel.png">`,
    `<svg onload="${OWNED}"><animate onbegin="${OWNED}" attributeName=x></svg>`,
    `<iframe srcdoc="<script>parent.${OWNED}</script>"></iframe>`,
    `<math><mtext><table><mglyph><style><img src=x onerror=${OWNED}>`,
    `<link rel=stylesheet href="${canary}/a.css"><style>@import '${canary}/b.css'</style>`,
    `<base href="${canary}/"><meta http-equiv=refresh content="0;url=${canary}/">`,
    `<details open ontoggle="${OWNED}"><a href="javascript:${OWNED}">x</a></details>`,
    `"><svg/onload=${OWNED}>`,
    `';${OWNED};//`,
    "{{constructor.constructor('document.title=1')()}} ${alert(1)} <%= 1 %>",
    `[click](javascript:${OWNED})`,
    `[click](JaVaScRiPt&colon;${OWNED})`,
    `[click](\u0001javascript:${OWNED})`,
    `[click](data:text/html,<script>${OWNED}</script>)`,
    `[click](vbscript:x "onmouseover=${OWNED}")`,
    `<javascript:${OWNED}>`,
    `![x](${canary}/md.png "t") ![x](javascript:${OWNED})`,
    `![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+)`,
    `[x]: ${canary}/ref "onerror=1"\n\n![x][x]`,
    `[a](${canary}/"onmouseover="${OWNED})`,
    `[<img src=x onerror=${OWNED}>](${canary}/in-link)`,
    `[](${canary}/empty)`,
    `\`\`\`"><img src=x onerror=${OWNED}>\n<script>${OWNED}</script>\n\`\`\``,
    `\`\`\`html\n<script>${OWNED}</script><img src="${canary}/code.png">\n\`\`\``,
    `\`\`\`__proto__\n${OWNED}\n\`\`\``,
    `~~~js onload=${OWNED}\n"</code></pre><script>${OWNED}</script>"\n~~~`,
    `\`<script>${OWNED}</script>\``,
    `| <img src=x onerror=${OWNED}> | b |\n|-|-|\n| <script>${OWNED}</script> | [t](javascript:${OWNED}) |`,
    `||<img src=x onerror=${OWNED}>||`,
    `> <svg onload=${OWNED}>\n> - [ ] <input onfocus=${OWNED} autofocus>`,
    `# <h1 onclick=${OWNED}>T</h1>`,
    `[@<img src=x onerror=${OWNED}>](sotto:account/${"A".repeat(43)})`,
    `[@all](sotto:conversation/${"A".repeat(22)}"onerror=${OWNED})`,
    `**<b onmouseover=${OWNED}>b</b>** _<i>i</i>_ ~~<s>s</s>~~`,
    `&lt;script&gt;${OWNED}&lt;/script&gt; &#60;img src=x onerror=${OWNED}&#62;`,
    `<!--><script>${OWNED}</script>--> <![CDATA[<script>${OWNED}</script>]]>`,
    `\u2028<script>${OWNED}</script>\u2029\u0000`,
    `__proto__ constructor toString {"__proto__":{"owned":1}}`,
  ];
}

export const BIDI: { written: string; read: string }[] = [
  { written: "pay \u202Etxt.exe\u202C now", read: "pay txt.exe now" },
  { written: "\u2067\u2066\u202A\u202B\u202Dabc\u2069\u2069", read: "abc" },
  { written: "**\u202Ebold\u202C** after", read: "bold after" },
  { written: "a\u200E\u200F\u200E\u200Fb\u2060\u2060\u2060c", read: "a\u200Eb\u2060c" },
];

/** One character, or none, made of thousands of code points; or an emoji as long as a page. */
export const CLUSTERS: Record<string, string> = {
  zalgo: `Z${"\u0301\u0336\u0489".repeat(8_000)}`,
  "zalgo with joiners": `Z${"\u0301\u200D".repeat(10_000)}`,
  "1,988 direction marks": `${"\u200E\u200F".repeat(994)}end`,
  "zero width": "\u200B".repeat(20_000) + "end",
  families: "👨‍👩‍👧‍👦".repeat(1_500),
  "one endless family": "👨\u200D".repeat(8_000),
  "endless flag": `🏴${"\u{E0067}".repeat(8_000)}`,
  "4,000 emoji": "🎉".repeat(4_000),
  "long word": "W".repeat(30_000),
  "empty lines": `${"\n".repeat(20_000)}end`,
  cuneiform: "𒐫".repeat(6_000),
  ligatures: "﷽".repeat(6_000),
};
