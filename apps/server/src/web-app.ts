import { join } from "node:path";
import helmet from "@fastify/helmet";
import staticFiles from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/** Nothing from elsewhere, no inline script or style, and Trusted Types with one policy: docs/hosting.md. */
const CONTENT_SECURITY_POLICY = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
    styleSrc: ["'self'"],
    connectSrc: ["'self'"],
    imgSrc: ["'self'", "blob:", "data:"],
    fontSrc: ["'self'"],
    workerSrc: ["'self'"],
    manifestSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
    requireTrustedTypesFor: ["'script'"],
    trustedTypes: ["sotto"],
  },
};

/** Hands out the built web app. @param webDir  null when there is none: then `/` says how to build it. */
export async function serveWebApp(app: FastifyInstance, webDir: string | null, isSecure: boolean): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: CONTENT_SECURITY_POLICY,
    crossOriginOpenerPolicy: { policy: "same-origin" },
    crossOriginResourcePolicy: { policy: "same-origin" },
    crossOriginEmbedderPolicy: { policy: "require-corp" },
    referrerPolicy: { policy: "no-referrer" },
    strictTransportSecurity: isSecure ? { maxAge: 31_536_000, includeSubDomains: false } : false,
  });
  if (webDir === null) {
    app.get("/", (_request, reply) =>
      reply
        .type("text/plain; charset=utf-8")
        .send("Sotto is running, but its web app isn't built. Run: npm run build\n"),
    );
    app.setNotFoundHandler(notFound);
    return;
  }
  await app.register(staticFiles, {
    root: webDir,
    cacheControl: false,
    setHeaders: (response, path) => {
      // Names of built assets carry a hash of their content; everything else is asked for again each time.
      const isHashed = path.startsWith(join(webDir, "assets"));
      response.header("cache-control", isHashed ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
  app.setNotFoundHandler((request, reply) => {
    const isPage = request.method === "GET" && (request.headers.accept ?? "").includes("text/html");
    return isPage ? reply.sendFile("index.html") : notFound(request, reply);
  });
}

const notFound = (_request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  reply.code(404).type("text/plain; charset=utf-8").send("There is nothing here.\n");
