// `npm run build`: the launcher has built what was stale before it came here.
console.log("Built: apps/web/dist and apps/cli/dist are what the sources say.");
